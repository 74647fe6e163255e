/**
 * Batch normalisation (Ioffe & Szegedy 2015), and the running statistics that it leaves for evaluation.
 */

import { apply } from "../autograd.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import type { NormalizeParams } from "../kernels.ts";
import { scope } from "../memory.ts";
import { show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { type ActivationOptions, activationParams } from "./activation.ts";
import { checkDType, checkFlag, checkNames, checkNumber, checkSameDevice } from "./check.ts";
import {
  checkLike,
  checkOptions,
  imageSizes,
  type NormalizationOptions,
  normalizeAddAndActivateOp,
  normalizeAndActivateOp,
  normalizeOp,
  scaling,
  statsOf,
} from "./normalize.ts";

export interface BatchNormOptions extends NormalizationOptions, ActivationOptions {
  /** What is added to the result in front of the activation, of the shape of x. Default: nothing. */
  readonly addend?: Tensor | null;
  /** The running mean, [C]. Needed unless training, which updates it in place. */
  readonly runningMean?: Tensor | null;
  /** The running unbiased variance, [C]. Needed unless training, which updates it in place. */
  readonly runningVar?: Tensor | null;
  /** The batches that the running statistics have seen, one int32, or null. Training adds 1. */
  readonly numBatchesTracked?: Tensor | null;
  /** Whether to use the statistics of the batch, and update the running ones. Default: false. */
  readonly training?: boolean;
  /** The share of a batch in the running statistics; null weighs all batches alike. Default: 0.1. */
  readonly momentum?: number | null;
}

const ownNames = [
  "addend",
  "activation",
  "negativeSlope",
  "runningMean",
  "runningVar",
  "numBatchesTracked",
  "training",
  "momentum",
] as const;

/** Checks the running statistics, and whether what is asked can be done with them. */
function checkRunning(op: string, x: Tensor, options: BatchNormOptions, sizes: NormalizeParams): void {
  const { runningMean = null, runningVar = null, numBatchesTracked = null, momentum = 0.1 } = options;
  checkLike(op, x, { runningMean, runningVar }, [sizes.channels]);
  checkSameDevice(op, x, numBatchesTracked);
  if (!runningMean !== !runningVar) {
    throw new ArgumentError(
      `${op}: got ${runningMean ? "runningMean" : "runningVar"} alone, expected both running statistics or neither`,
    );
  }
  if (numBatchesTracked) {
    checkDType(op, "numBatchesTracked", numBatchesTracked, "int32");
    if (numBatchesTracked.numel !== 1) {
      throw new ShapeError(
        `${op}: got numBatchesTracked of shape ${show(numBatchesTracked.shape)}, expected one number`,
      );
    }
  }
  if (momentum === null && options.training && runningMean && !numBatchesTracked) {
    throw new ArgumentError(
      `${op}: got momentum null without numBatchesTracked, expected the number of batches to average over`,
    );
  }
  if (momentum !== null) checkNumber(op, "momentum", momentum);
  if (momentum !== null && !(momentum >= 0 && momentum <= 1)) {
    throw new ArgumentError(`${op}: got momentum ${momentum}, expected a number from 0 to 1, or null`);
  }
  if (!options.training) {
    if (runningMean) return;
    throw new ArgumentError(
      `${op}: got no running statistics, expected runningMean and runningVar unless training. ` +
        "Help: pass { training: true } to use those of the batch",
    );
  }
  if (sizes.n * sizes.inner === 1) {
    throw new ShapeError(
      `${op}: one value per channel has no variance, got shape ${show(x.shape)}, expected at least two in training. ` +
        "Help: use larger batches, or drop the last one if it is smaller",
    );
  }
  if (!runningMean || !runningVar) return;
  if (!runningMean.isContiguous() || !runningVar.isContiguous()) {
    throw new ShapeError(`${op}: got strided running statistics, expected contiguous ones: they are updated`);
  }
  if (runningMean.storage === runningVar.storage) {
    throw new ArgumentError(
      `${op}: runningMean and runningVar share memory, got views of one tensor, expected two. Help: clone() one`,
    );
  }
}

function updateRunning(mean: Tensor, variance: Tensor, options: BatchNormOptions, m: number): void {
  const { runningMean, runningVar, numBatchesTracked = null, momentum = 0.1 } = options;
  if (!runningMean || !runningVar) return;
  for (const one of [runningMean, runningVar, numBatchesTracked]) if (one) one.storage.version++;
  mean.device.launch("runningStats", [mean, variance, runningMean, runningVar, numBatchesTracked], {
    channels: mean.numel,
    momentum,
    correction: m / (m - 1),
  });
}

/**
 * Batch normalisation: each channel of the batch gets mean 0 and variance 1, then its weight and bias. In training
 * by its own statistics, which the running ones follow; otherwise by the running ones, as constants. A sum and an
 * activation behind it are computed in the same pass, and their gradients too.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.batch_norm.html
 *
 * @param x [N, C, ...]
 * @throws ShapeError in training if a channel has one value only: its variance would be 0
 */
export function batchNorm(x: Tensor, options: BatchNormOptions = {}): Tensor {
  const op = "batchNorm";
  checkNames(op, options, [...scaling, ...ownNames]);
  const { weight = null, bias = null, addend = null, eps = 1e-5, training = false } = options;
  checkFlag(op, "training", training);
  const activation = activationParams(op, options);
  const sizes = imageSizes(op, x);
  checkOptions(op, x, options, [sizes.channels]);
  checkLike(op, x, { addend }, x.shape);
  checkRunning(op, x, options, sizes);
  return scope(() => {
    const given = { hasWeight: weight !== null, hasBias: bias !== null, hasAddend: addend !== null };
    const params = { ...sizes, eps, ...activation, ...given, frozen: !training };
    const behind = addend ? normalizeAddAndActivateOp : normalizeAndActivateOp;
    const normalization = activation.activation === "none" ? normalizeOp : behind;
    if (!training) {
      const { runningMean, runningVar } = options;
      return apply(normalization, [x, weight, bias, runningMean!, runningVar!, addend], params);
    }
    const [mean, variance] = statsOf(x, sizes);
    // A batch of nothing says nothing.
    if (x.numel > 0) updateRunning(mean, variance, options, sizes.n * sizes.inner);
    return apply(normalization, [x, weight, bias, mean, variance, addend], params);
  });
}
