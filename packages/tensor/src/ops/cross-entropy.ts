/**
 * The cross-entropy of logits against class indices, fused: log softmax, choice of the target's term, weighting and
 * reduction. The unfused composition of `logSoftmax` and `where` is its oracle in the tests.
 */

import { apply, type GradContext, type GradRule, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import type { CrossEntropyParams } from "../kernels.ts";
import { numel, sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkDType, checkFloat, checkSameDevice, checkSameDType } from "./check.ts";
import { contiguous } from "./copy.ts";
import { sum } from "./reduce.ts";
import { reshape, slice } from "./view.ts";

export type Reduction = "none" | "mean" | "sum";

export interface CrossEntropyOptions {
  /** One weight per class, [C]. Default: all 1. */
  readonly weight?: Tensor | undefined;
  /** A target that counts for nothing. Default: -100. */
  readonly ignoreIndex?: number;
  /** The share of the target that is spread over all classes, in 0..1. Default: 0. */
  readonly labelSmoothing?: number;
  /** Default: "mean", weighted by the targets' weights. */
  readonly reduction?: Reduction;
}

type Inputs = [logits: Tensor, targets: Tensor, weight: Tensor | null];
type Params = CrossEntropyParams & { readonly reduction: Reduction; readonly hasWeight: boolean };

/** The two rows of the kernel's `terms`, losses and weights, each of the targets' shape; or the two numbers of `mean`. */
function row(terms: Tensor, i: 0 | 1): Tensor {
  return reshape(slice(terms, 0, i, i + 1), terms.shape.slice(1));
}

function gradLogits(context: GradContext<Params>): GradRule {
  const { input, extra, params } = context;
  return () => {
    const logits = contiguous(input(0));
    const scale = context.gradIsOne ? null : contiguous(context.grad);
    const divisor = params.reduction === "mean" ? extra(0) : null;
    const out = empty(logits.shape, { device: logits.device, dtype: logits.dtype });
    const weight = params.hasWeight ? contiguous(input(2)) : null;
    logits.device.launch("crossEntropyGrad", [logits, contiguous(input(1)), weight, scale, divisor, out], {
      ...params,
      scaleStride: params.reduction === "none" ? 1 : 0,
    });
    return out;
  };
}

const crossEntropyOp: Op<Inputs, Params> = {
  name: "crossEntropy",
  saves: { inputs: [0, 1, 2] },
  forward([logits, targets, weight], params, save) {
    const terms = empty([2, ...targets.shape], { device: logits.device, dtype: logits.dtype });
    const mean =
      params.reduction === "mean" ? empty([2], { device: logits.device, dtype: logits.dtype }) : null;
    const inputs = [contiguous(logits), contiguous(targets), weight && contiguous(weight)] as const;
    logits.device.launch("crossEntropy", [...inputs, terms, mean], params);
    if (params.reduction === "none") return row(terms, 0);
    if (!mean) return sum(row(terms, 0));
    save(row(mean, 1));
    return row(mean, 0);
  },
  gradients: (context) => [gradLogits(context), null, null],
};

/**
 * The cross-entropy loss. https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
 *
 * @param logits [N, C] or [N, C, d1, ...]: scores before softmax
 * @param targets int32 [N] or [N, d1, ...]: classes in 0..C-1 (others give NaN), or `ignoreIndex`
 * @returns a scalar, or the targets' shape with reduction "none"
 */
export function crossEntropy(logits: Tensor, targets: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const { weight = null, ignoreIndex = -100, labelSmoothing = 0, reduction = "mean" } = options;
  const op = "crossEntropy";
  checkFloat(op, logits);
  checkDType(op, "targets", targets, "int32");
  checkSameDevice(op, logits, targets, weight);
  if (logits.ndim < 2)
    throw new ShapeError(`${op}: logits of the wrong rank, got ${show(logits.shape)}, expected [N, C, ...]`);
  const [n, classes, ...rest] = logits.shape as [number, number, ...number[]];
  if (!sameShape(targets.shape, [n, ...rest])) {
    throw new ShapeError(
      `${op}: targets of the wrong shape, got ${show(targets.shape)}, expected ${show([n, ...rest])}`,
    );
  }
  if (weight) {
    checkSameDType(op, logits, weight);
    if (!sameShape(weight.shape, [classes])) {
      throw new ShapeError(
        `${op}: weight of the wrong shape, got ${show(weight.shape)}, expected ${show([classes])}`,
      );
    }
  }
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ArgumentError(`${op}: got labelSmoothing ${labelSmoothing}, expected a number from 0 to 1`);
  }
  if (!Number.isInteger(ignoreIndex))
    throw new ArgumentError(`${op}: got ignoreIndex ${ignoreIndex}, expected a whole number`);
  const params = {
    outer: n,
    classes,
    inner: numel(rest),
    ignoreIndex,
    labelSmoothing,
    reduction,
    hasWeight: weight !== null,
  };
  return apply(crossEntropyOp, [logits, targets, weight], params);
}
