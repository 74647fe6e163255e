/**
 * Losses of a choice between classes: the cross-entropy of scores, and its half for log-probabilities, nllLoss.
 *
 * Against class indices both are one fused kernel: log softmax (or none), choice of the target's term, weighting and
 * reduction. The unfused composition of `logSoftmax` and `where` is its oracle in the tests. Against probabilities there
 * is no choice, and the loss is a plain product of tensors, with a gradient for the probabilities too.
 */

import { apply, type GradContext, type GradRule, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import { isFloat } from "../dtype.ts";
import { ArgumentError, DTypeError, ShapeError } from "../errors.ts";
import { noGrad } from "../grad-mode.ts";
import type { CrossEntropyParams } from "../kernels.ts";
import { scope } from "../memory.ts";
import { numel, type Shape, sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./binary.ts";
import {
  checkFloat,
  checkNames,
  checkNumber,
  checkSameDevice,
  checkSameDType,
  checkTensor,
} from "./check.ts";
import { contiguous } from "./copy.ts";
import { checkReduction, type Reduction, reduceLoss } from "./loss.ts";
import { sum } from "./reduce.ts";
import { logSoftmax } from "./softmax.ts";
import { affine, neg } from "./unary.ts";
import { reshape, slice } from "./view.ts";

export interface NLLLossOptions {
  /** One weight per class, [C]. Default: all 1. */
  readonly weight?: Tensor | undefined;
  /** A target that counts for nothing. Default: -100. */
  readonly ignoreIndex?: number;
  /** Default: "mean", weighted by the targets' weights. */
  readonly reduction?: Reduction;
}

export interface CrossEntropyOptions extends NLLLossOptions {
  /** The share of the target that is spread over all classes, in 0..1. Default: 0. */
  readonly labelSmoothing?: number;
}

const choices = ["weight", "ignoreIndex", "reduction"] as const;

export type CrossEntropyWithHitsOptions = Omit<CrossEntropyOptions, "reduction">;

export interface CrossEntropyWithHits {
  /** What `crossEntropy` gives: a scalar, the mean. */
  readonly loss: Tensor;
  /** How many targets have the largest logit, the first of equal ones: a scalar without a gradient. */
  readonly hits: Tensor;
  /** [loss, sum of the targets' weights, hits]: both in one tensor, to be read at once. It has no gradient. */
  readonly summary: Tensor;
}

type Name = "crossEntropy" | "nllLoss" | "crossEntropyWithHits";
/** The kernel has run before the op does; what it found is the last input: the summary for a mean, else the terms. */
type Inputs = [scores: Tensor, targets: Tensor, weight: Tensor | null, found: Tensor];
type Params = CrossEntropyParams & { readonly reduction: Reduction; readonly hasWeight: boolean };

/** The rows of the kernel's `terms`, losses, weights and hits, or the numbers of `summary` about them. */
const LOSS = 0;
const WEIGHT = 1;
const HITS = 2;

function row(found: Tensor, i: number, shape: Shape): Tensor {
  return reshape(slice(found, 0, i, i + 1), shape);
}

/** Runs the kernel, of which nothing is recorded. */
function find(scores: Tensor, targets: Tensor, weight: Tensor | null, params: Params): Tensor {
  return noGrad(() =>
    scope(() => {
      const { device, dtype } = scores;
      const terms = empty([3, targets.numel], { device, dtype });
      const summary = params.reduction === "mean" ? empty([3], { device, dtype }) : null;
      const inputs = [contiguous(scores), contiguous(targets), weight && contiguous(weight)] as const;
      device.launch("crossEntropy", [...inputs, terms, summary], params);
      return summary ?? terms;
    }),
  );
}

function gradScores(context: GradContext<Params>): GradRule {
  const { input, extra, params } = context;
  return () => {
    const scores = contiguous(input(0));
    const scale = context.gradIsOne ? null : contiguous(context.grad);
    const divisor = params.reduction === "mean" ? extra(0) : null;
    const out = empty(scores.shape, { device: scores.device, dtype: scores.dtype });
    const weight = params.hasWeight ? contiguous(input(2)) : null;
    scores.device.launch("crossEntropyGrad", [scores, contiguous(input(1)), weight, scale, divisor, out], {
      ...params,
      scaleStride: params.reduction === "none" ? 1 : 0,
    });
    return out;
  };
}

function define(name: Name): Op<Inputs, Params> {
  return {
    name,
    saves: { inputs: [0, 1, 2] },
    forward([, targets, , found], { reduction }, save) {
      switch (reduction) {
        case "none":
          return row(found, LOSS, targets.shape);
        case "sum":
          return reshape(sum(slice(found, 0, LOSS, LOSS + 1), 1), []);
        case "mean":
          save(row(found, WEIGHT, []));
          return row(found, LOSS, []);
        default:
          return reduction satisfies never;
      }
    },
    gradients: (context) => [gradScores(context), null, null, null],
  };
}
const crossEntropyOp = define("crossEntropy");
const crossEntropyWithHitsOp = define("crossEntropyWithHits");
const nllLossOp = define("nllLoss");

/** The loss of checked arguments, and what it was found in. */
function lossOf(
  op: Op<Inputs, Params>,
  scores: Tensor,
  targets: Tensor,
  weight: Tensor | null,
  params: Params,
) {
  const found = find(scores, targets, weight, params);
  return { loss: apply(op, [scores, targets, weight, found], params), found };
}

/** Which dimension of the scores counts classes: the second, or the only one. */
const classDim = (scores: Tensor): number => (scores.ndim === 1 ? 0 : 1);

/** The parameters of the kernel, from checked arguments. */
function checked(
  op: Op<Inputs, Params>,
  scores: Tensor,
  targets: Tensor,
  options: CrossEntropyOptions,
): Params {
  const { weight = null, ignoreIndex = -100, labelSmoothing = 0, reduction = "mean" } = options;
  const { name } = op;
  checkFloat(name, scores);
  checkTensor(name, targets);
  checkSameDevice(name, scores, targets, weight);
  checkReduction(name, reduction);
  if (scores.ndim === 0) {
    throw new ShapeError(`${name}: the input is a scalar, got shape [], expected [N, C, ...] or [C]`);
  }
  const dim = classDim(scores);
  const classes = scores.shape[dim]!;
  if (weight) {
    checkSameDType(name, scores, weight);
    if (!sameShape(weight.shape, [classes])) {
      throw new ShapeError(
        `${name}: weight of the wrong shape, got ${show(weight.shape)}, expected ${show([classes])}`,
      );
    }
  }
  checkNumber(name, "labelSmoothing", labelSmoothing);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ArgumentError(`${name}: got labelSmoothing ${labelSmoothing}, expected a number from 0 to 1`);
  }
  if (!Number.isInteger(ignoreIndex)) {
    throw new ArgumentError(`${name}: got ignoreIndex ${ignoreIndex}, expected a whole number`);
  }
  const [outer, inner] = [numel(scores.shape.slice(0, dim)), numel(scores.shape.slice(dim + 1))];
  const normalized = op === nllLossOp;
  const hasWeight = weight !== null;
  return { outer, classes, inner, ignoreIndex, labelSmoothing, normalized, reduction, hasWeight };
}

function checkTargets(op: Name, scores: Tensor, targets: Tensor): void {
  if (targets.dtype !== "int32") {
    const help = 'Help: convert class indices with .to("int32")';
    throw new DTypeError(
      `${op}: targets of the wrong type, got ${targets.dtype}, expected int32: class indices. ${help}`,
    );
  }
  const expected = scores.shape.toSpliced(classDim(scores), 1);
  if (!sameShape(targets.shape, expected)) {
    throw new ShapeError(
      `${op}: targets of the wrong shape, got ${show(targets.shape)}, expected ${show(expected)}`,
    );
  }
}

/** Against probabilities: each class asks for its share, with its weight. */
function againstProbabilities(
  logits: Tensor,
  targets: Tensor,
  weight: Tensor | undefined,
  { labelSmoothing, reduction, classes, ignoreIndex }: Params,
): Tensor {
  const op = "crossEntropy";
  if (!sameShape(targets.shape, logits.shape)) {
    throw new ShapeError(
      `${op}: probabilities of the wrong shape, got ${show(targets.shape)}, expected ${show(logits.shape)}. ` +
        'Help: convert class indices with .to("int32")',
    );
  }
  checkSameDType(op, logits, targets);
  if (ignoreIndex >= 0) {
    throw new ArgumentError(
      `${op}: got ignoreIndex ${ignoreIndex} beside probabilities, expected none: they name no class to ignore`,
    );
  }
  return scope(() => {
    const dim = classDim(logits);
    const smoothed =
      labelSmoothing === 0 ? targets : affine(targets, 1 - labelSmoothing, labelSmoothing / classes);
    const perClass = logits.shape.slice(dim).map((size, d) => (d === 0 ? size : 1));
    const shares = weight ? mul(smoothed, reshape(weight, perClass)) : smoothed;
    return reduceLoss(neg(sum(mul(shares, logSoftmax(logits, dim)), dim)), reduction);
  });
}

/**
 * The cross-entropy loss. https://pytorch.org/docs/stable/generated/torch.nn.functional.cross_entropy.html
 *
 * @param logits [N, C], [N, C, d1, ...] or [C]: scores before softmax
 * @param targets int32 [N], [N, d1, ...] or []: classes in 0..C-1 (others give NaN), or `ignoreIndex`; or floats of the
 *   logits' shape: the probability of each class. A mean over these divides by their number, whatever the weights
 * @returns a scalar, or the shape without classes with reduction "none"
 */
export function crossEntropy(logits: Tensor, targets: Tensor, options: CrossEntropyOptions = {}): Tensor {
  checkNames("crossEntropy", options, [...choices, "labelSmoothing"]);
  const params = checked(crossEntropyOp, logits, targets, options);
  if (isFloat(targets.dtype)) return againstProbabilities(logits, targets, options.weight, params);
  checkTargets("crossEntropy", logits, targets);
  return scope(() => lossOf(crossEntropyOp, logits, targets, options.weight ?? null, params).loss);
}

/**
 * The cross-entropy of class indices, averaged, and how many of them the logits got right, in the same pass: what a
 * training step has to tell. Targets that are ignored are no hits, nor are those beside a NaN.
 *
 * ```ts
 * const { loss, summary } = crossEntropyWithHits(model.forward(images), labels);
 * loss.backward();
 * const [mean, , hits] = await summary.data();
 * ```
 *
 * @param logits [N, C], [N, C, d1, ...] or [C]: scores before softmax
 * @param targets int32 [N], [N, d1, ...] or []: classes in 0..C-1 (others give NaN), or `ignoreIndex`
 */
export function crossEntropyWithHits(
  logits: Tensor,
  targets: Tensor,
  options: CrossEntropyWithHitsOptions = {},
): CrossEntropyWithHits {
  checkNames("crossEntropyWithHits", options, ["weight", "ignoreIndex", "labelSmoothing"]);
  const params = checked(crossEntropyWithHitsOp, logits, targets, { ...options, reduction: "mean" });
  checkTargets("crossEntropyWithHits", logits, targets);
  return scope(() => {
    const { loss, found } = lossOf(crossEntropyWithHitsOp, logits, targets, options.weight ?? null, params);
    return { loss, hits: row(found, HITS, []), summary: found };
  });
}

/**
 * The negative log-likelihood of class indices: what `crossEntropy` computes after its log softmax.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.nll_loss.html
 *
 * @param logProbabilities [N, C], [N, C, d1, ...] or [C], as `logSoftmax` gives them
 * @param targets int32 [N], [N, d1, ...] or []: classes in 0..C-1 (others give NaN), or `ignoreIndex`
 * @returns a scalar, or the targets' shape with reduction "none"
 */
export function nllLoss(logProbabilities: Tensor, targets: Tensor, options: NLLLossOptions = {}): Tensor {
  checkNames("nllLoss", options, choices);
  const params = checked(nllLossOp, logProbabilities, targets, { ...options, labelSmoothing: 0 });
  checkTargets("nllLoss", logProbabilities, targets);
  return scope(() => lossOf(nllLossOp, logProbabilities, targets, options.weight ?? null, params).loss);
}
