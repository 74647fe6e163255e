/**
 * Initial values of parameters, written in place.
 *
 * A layer passes signals on at about their own size only if its weights are of the right size: the variance of a
 * weight should be about 1 / fan, the number of terms that are added up. Kaiming's rules also make up for the half
 * of the signal that a ReLU cuts off. Values are drawn on the host, in row-major order, so a seed gives the same
 * network on every device.
 */

import {
  ArgumentError,
  defaultGenerator,
  type Generator,
  noGrad,
  numel,
  ShapeError,
  show,
  type Tensor,
} from "@mien/tensor";

export interface InitOptions {
  /** Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}

export interface KaimingOptions extends InitOptions {
  /** What follows the layer. Default: "leakyRelu". */
  readonly nonlinearity?: Nonlinearity;
  /** The slope of leakyRelu below 0. Default: 0, which is that of relu. */
  readonly a?: number;
  /** Whose variance is kept: that of the values ("fanIn") or of the gradients ("fanOut"). Default: "fanIn". */
  readonly mode?: "fanIn" | "fanOut";
}

export type Nonlinearity = "linear" | "sigmoid" | "tanh" | "relu" | "leakyRelu";

function fill<T extends Tensor>(tensor: T, value: () => number): T {
  noGrad(() => tensor.copy_(Float64Array.from({ length: tensor.numel }, value)));
  return tensor;
}

/** Every element becomes `value`.https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.constant_ */
export function constant<T extends Tensor>(tensor: T, value: number): T {
  return fill(tensor, () => value);
}

/** Every element becomes 0.https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.zeros_ */
export function zeros<T extends Tensor>(tensor: T): T {
  return constant(tensor, 0);
}

/** Every element becomes 1.https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.ones_ */
export function ones<T extends Tensor>(tensor: T): T {
  return constant(tensor, 1);
}

/** Uniform values from `low` up to `high`.https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.uniform_ */
export function uniform<T extends Tensor>(tensor: T, low = 0, high = 1, options: InitOptions = {}): T {
  const { generator = defaultGenerator } = options;
  return fill(tensor, () => generator.uniform(low, high));
}

/** Normally distributed values.https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.normal_ */
export function normal<T extends Tensor>(tensor: T, mean = 0, std = 1, options: InitOptions = {}): T {
  const { generator = defaultGenerator } = options;
  return fill(tensor, () => mean + std * generator.normal());
}

/**
 * The terms that are added up for one output (fanIn), and the outputs that one input goes to (fanOut).
 *
 * @param weight [out, in] or [out, in / groups, kH, kW]
 */
export function fans(weight: Tensor): { fanIn: number; fanOut: number } {
  if (weight.ndim < 2) {
    throw new ShapeError(
      `init: got shape ${show(weight.shape)}, expected a weight of at least two dimensions`,
    );
  }
  const [fanOut, fanIn, ...kernel] = weight.shape as [number, number, ...number[]];
  return { fanIn: fanIn * numel(kernel), fanOut: fanOut * numel(kernel) };
}

/** How much larger weights must be in front of a function. https://pytorch.org/docs/stable/nn.init.html */
export function calculateGain(nonlinearity: Nonlinearity, a = 0.01): number {
  switch (nonlinearity) {
    case "linear":
    case "sigmoid":
      return 1;
    case "tanh":
      return 5 / 3;
    case "relu":
      return Math.SQRT2;
    case "leakyRelu":
      return Math.sqrt(2 / (1 + a * a));
    default:
      nonlinearity satisfies never;
      throw new ArgumentError(`init: got nonlinearity ${nonlinearity}, expected one that has a gain`);
  }
}

function kaimingStd(
  weight: Tensor,
  { nonlinearity = "leakyRelu", a = 0, mode = "fanIn" }: KaimingOptions,
): number {
  return calculateGain(nonlinearity, a) / Math.sqrt(fans(weight)[mode]);
}

/**
 * Uniform values of variance gain^2 / fan (He et al. 2015, https://arxiv.org/abs/1502.01852).
 * https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_uniform_
 */
export function kaimingUniform<T extends Tensor>(weight: T, options: KaimingOptions = {}): T {
  const bound = Math.sqrt(3) * kaimingStd(weight, options);
  return uniform(weight, -bound, bound, options);
}

/**
 * Normal values of variance gain^2 / fan (He et al. 2015).
 * https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.kaiming_normal_
 */
export function kaimingNormal<T extends Tensor>(weight: T, options: KaimingOptions = {}): T {
  return normal(weight, 0, kaimingStd(weight, options), options);
}

function xavierStd(weight: Tensor, gain: number): number {
  const { fanIn, fanOut } = fans(weight);
  return gain * Math.sqrt(2 / (fanIn + fanOut));
}

/**
 * Uniform values of variance 2 gain^2 / (fanIn + fanOut) (Glorot & Bengio 2010).
 * https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.xavier_uniform_
 */
export function xavierUniform<T extends Tensor>(weight: T, gain = 1, options: InitOptions = {}): T {
  const bound = Math.sqrt(3) * xavierStd(weight, gain);
  return uniform(weight, -bound, bound, options);
}

/**
 * Normal values of variance 2 gain^2 / (fanIn + fanOut) (Glorot & Bengio 2010).
 * https://pytorch.org/docs/stable/nn.init.html#torch.nn.init.xavier_normal_
 */
export function xavierNormal<T extends Tensor>(weight: T, gain = 1, options: InitOptions = {}): T {
  return normal(weight, 0, xavierStd(weight, gain), options);
}

/**
 * PyTorch's default for convolutions and dense layers: weight and bias uniform within +-1 / sqrt(fanIn), which is
 * `kaimingUniform` with a = sqrt(5). The weight is drawn first.
 */
export function defaultUniform(weight: Tensor, bias: Tensor | null, options: InitOptions = {}): void {
  kaimingUniform(weight, { ...options, a: Math.sqrt(5) });
  const bound = 1 / Math.sqrt(fans(weight).fanIn);
  if (bias) uniform(bias, -bound, bound, options);
}
