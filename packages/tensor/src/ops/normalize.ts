/**
 * Normalisation: one operation that takes channels to mean 0 and variance 1.
 *
 * What a channel is tells the norms apart. For batch norm (batch-norm.ts) it is a channel of all images; for layer norm
 * it is a row, for group norm some channels of one image, for instance norm a single one. The statistics are inputs of
 * the operation, which knows whether they are those of x itself (then x has a gradient by way of them too) or constants.
 */

import { apply, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import type { NormalizeOutParams, NormalizeParams } from "../kernels.ts";
import { scope } from "../memory.ts";
import { checkList, numel, type Shape, sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { activationParams, once } from "./activation.ts";
import { add, mul } from "./binary.ts";
import {
  checkFloat,
  checkNames,
  checkNumber,
  checkSameDevice,
  checkSameDType,
  checkTensor,
} from "./check.ts";
import { contiguous, copyInto } from "./copy.ts";
import { reshape, slice } from "./view.ts";

export interface NormalizationOptions {
  /** A factor for each channel, learned. Default: none. */
  readonly weight?: Tensor | null;
  /** A summand for each channel, learned. Default: none. */
  readonly bias?: Tensor | null;
  /** Added to the variance, so that what does not vary is not divided by 0. Default: 1e-5. */
  readonly eps?: number;
}

/** The names of the options that all norms have. */
export const scaling = ["weight", "bias", "eps"] as const;

type Inputs = readonly [
  x: Tensor,
  weight: Tensor | null,
  bias: Tensor | null,
  mean: Tensor,
  variance: Tensor,
  addend: Tensor | null,
];

interface Params extends NormalizeOutParams {
  readonly hasWeight: boolean;
  readonly hasBias: boolean;
  readonly hasAddend: boolean;
  /** Whether the statistics are constants, and not those of x. */
  readonly frozen: boolean;
}

export const normalizeOp: Op<Inputs, Params> = {
  name: "normalize",
  saves: { inputs: [0, 1, 3, 4] },
  forward([x, weight, bias, mean, variance, addend], params) {
    const out = empty(x.shape, { device: x.device, dtype: x.dtype });
    x.device.launch(
      "normalize",
      [
        contiguous(x),
        contiguous(mean),
        contiguous(variance),
        weight && contiguous(weight),
        bias && contiguous(bias),
        addend && contiguous(addend),
        out,
      ],
      params,
    );
    return out;
  },
  gradients(context) {
    const { input, params } = context;
    const [grad, more] = context.gradParts;
    const { shape, device, dtype } = grad;
    const { channels, frozen, hasWeight, hasBias, hasAddend } = params;
    const activates = params.activation !== "none";
    const seen = once(() => [contiguous(input(0)), contiguous(input(3)), contiguous(input(4))] as const);
    // The gradient in front of the activation is written down for an addend, and for a gradient of two parts, which are
    // then added on the way. Otherwise it is what comes, or is computed again wherever it is read.
    const isWritten = activates ? hasAddend : more !== null;
    const written = once(() => {
      const [gradAddend, sums] = [empty(shape, { device, dtype }), empty([2, channels], { device, dtype })];
      const parts = [contiguous(grad), more && contiguous(more)] as const;
      const out = activates ? contiguous(context.output()) : null;
      device.launch("normalizeAddendGrad", [...parts, out, ...seen(), gradAddend, sums], params);
      return { gradAddend, sums };
    });
    const gradOut = once(() => (isWritten ? written().gradAddend : contiguous(context.grad)));
    const masks = activates && !isWritten;
    const bias = () => (masks && hasBias ? contiguous(input(2)) : null);
    const sums = once(() => {
      if (isWritten) return written().sums;
      const out = empty([2, channels], { device, dtype });
      const weight = masks && hasWeight ? contiguous(input(1)) : null;
      device.launch("normalizeSums", [gradOut(), ...seen(), weight, bias(), out], params);
      return out;
    });
    const sum = (i: 0 | 1, into?: Tensor): Tensor => {
      const one = reshape(slice(sums(), 0, i, i + 1), [channels]);
      if (into) copyInto(one, into);
      return into ?? one;
    };
    return [
      () => {
        const gradX = empty(shape, { device, dtype });
        const weight = hasWeight ? contiguous(input(1)) : null;
        const rest = [weight, bias(), frozen ? null : sums(), gradX] as const;
        const activation = masks ? params.activation : "none";
        device.launch("normalizeGrad", [gradOut(), ...seen(), ...rest], { ...params, activation });
        return gradX;
      },
      (into) => sum(1, into),
      (into) => sum(0, into),
      null,
      null,
      gradOut,
    ];
  },
};

/** The same where an activation follows, whose mask depends on the bias too. */
export const normalizeAndActivateOp: typeof normalizeOp = {
  ...normalizeOp,
  saves: { inputs: [0, 1, 2, 3, 4] },
};

/** The same where an addend comes before the activation: the mask is that of the result. */
export const normalizeAddAndActivateOp: typeof normalizeOp = {
  ...normalizeOp,
  saves: { inputs: [0, 1, 3, 4], output: true },
};

/** Mean and variance of each channel. No gradient goes through them: `normalizeOp` takes care of it. */
export function statsOf(x: Tensor, sizes: NormalizeParams): [mean: Tensor, variance: Tensor] {
  const { device, dtype } = x;
  const mean = empty([sizes.channels], { device, dtype });
  const variance = empty([sizes.channels], { device, dtype });
  device.launch("channelStats", [contiguous(x.detach()), mean, variance], sizes);
  return [mean, variance];
}

/** x with each of `rows` equal parts, in row-major order, normalised by itself. */
function normalizeRows(x: Tensor, rows: number, inner: number, eps: number): Tensor {
  const sizes = { n: 1, channels: rows, inner };
  const none = activationParams("normalize", {});
  const learned = { hasWeight: false, hasBias: false, hasAddend: false };
  const params = { ...sizes, eps, ...none, ...learned, frozen: false };
  return apply(normalizeOp, [x, null, null, ...statsOf(x, sizes), null], params);
}

/** y * weight + bias, both seen as `shape`. */
function affine(y: Tensor, { weight, bias }: NormalizationOptions, shape: Shape): Tensor {
  const scaled = weight ? mul(y, reshape(weight, shape)) : y;
  return bias ? add(scaled, reshape(bias, shape)) : scaled;
}

export function checkOptions(op: string, x: Tensor, options: NormalizationOptions, shape: Shape): void {
  const { weight = null, bias = null, eps = 1e-5 } = options;
  checkFloat(op, x);
  checkLike(op, x, { weight, bias }, shape);
  checkNumber(op, "eps", eps);
  if (!(eps >= 0 && eps < Infinity)) {
    throw new ArgumentError(`${op}: got eps ${eps}, expected a finite number of at least 0`);
  }
}

/** Checks that tensors have the device and type of `x`, and the given shape. */
export function checkLike(op: string, x: Tensor, named: Record<string, Tensor | null>, shape: Shape): void {
  const given = Object.values(named);
  checkSameDevice(op, x, ...given);
  checkSameDType(op, x, ...given);
  for (const [name, one] of Object.entries(named)) {
    if (one && !sameShape(one.shape, shape)) {
      throw new ShapeError(
        `${op}: ${name} of the wrong shape, got ${show(one.shape)}, expected ${show(shape)} for input ${show(x.shape)}`,
      );
    }
  }
}

/** The sizes of [N, C, ...]. */
export function imageSizes(op: string, x: Tensor, least = 2): NormalizeParams {
  checkTensor(op, x);
  if (x.ndim < least) {
    throw new ShapeError(
      `${op}: input of the wrong rank, got shape ${show(x.shape)}, expected ${least === 2 ? "[N, C, ...]" : "[N, C, L, ...]"}`,
    );
  }
  return { n: x.shape[0]!, channels: x.shape[1]!, inner: numel(x.shape.slice(2)) };
}

/**
 * Layer normalisation: the values of the last dimensions, together, get mean 0 and variance 1; then each of them its
 * weight and bias (Ba, Kiros & Hinton 2016).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.layer_norm.html
 *
 * @param x [..., normalizedShape]
 * @param normalizedShape the last size or sizes of x, which are also the shape of weight and bias
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: number | readonly number[],
  options: NormalizationOptions = {},
): Tensor {
  const op = "layerNorm";
  checkNames(op, options, scaling);
  checkTensor(op, x);
  const shape = typeof normalizedShape === "number" ? [normalizedShape] : normalizedShape;
  checkList(op, "normalizedShape", shape);
  const rank = x.ndim - shape.length;
  if (shape.length === 0 || rank < 0 || !sameShape(x.shape.slice(rank), shape)) {
    throw new ShapeError(
      `${op}: got normalizedShape ${show(shape)}, expected the last sizes of input ${show(x.shape)}`,
    );
  }
  checkOptions(op, x, options, shape);
  return scope(() => {
    const y = normalizeRows(x, numel(x.shape.slice(0, rank)), numel(shape), options.eps ?? 1e-5);
    return affine(y, options, shape);
  });
}

/**
 * Group normalisation: the channels of each image in `numGroups` groups, of which each gets mean 0 and variance 1;
 * then every channel its weight and bias (Wu & He 2018). Nothing depends on the rest of the batch.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.group_norm.html
 *
 * @param x [N, C, ...]
 */
export function groupNorm(x: Tensor, numGroups: number, options: NormalizationOptions = {}): Tensor {
  const op = "groupNorm";
  checkNames(op, options, scaling);
  const { n, channels, inner } = imageSizes(op, x);
  if (!Number.isInteger(numGroups) || numGroups < 1 || channels % numGroups !== 0) {
    throw new ArgumentError(
      `${op}: got numGroups ${numGroups}, expected a divisor of the ${channels} channels`,
    );
  }
  checkOptions(op, x, options, [channels]);
  return byGroups(x, options, n * numGroups, (channels / numGroups) * inner);
}

/**
 * Instance normalisation: every channel of every image by itself (Ulyanov et al. 2016).
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.instance_norm.html
 *
 * @param x [N, C, L, ...]
 * @throws ShapeError if a channel has one value only: its variance would be 0
 */
export function instanceNorm(x: Tensor, options: NormalizationOptions = {}): Tensor {
  const op = "instanceNorm";
  checkNames(op, options, scaling);
  const { n, channels, inner } = imageSizes(op, x, 3);
  if (inner === 1) {
    throw new ShapeError(
      `${op}: one value per channel has no variance, got shape ${show(x.shape)}, expected at least two`,
    );
  }
  checkOptions(op, x, options, [channels]);
  return byGroups(x, options, n * channels, inner);
}

function byGroups(x: Tensor, options: NormalizationOptions, groups: number, size: number): Tensor {
  const perChannel = [x.shape[1]!, ...x.shape.slice(2).map(() => 1)];
  return scope(() => affine(normalizeRows(x, groups, size, options.eps ?? 1e-5), options, perChannel));
}
