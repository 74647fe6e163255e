/**
 * Convolution as a layer: a window of weights that slides over an image or a sequence and looks for one pattern per channel.
 */

import {
  type ActivationOptions,
  ArgumentError,
  type Conv1dOptions,
  type Conv2dOptions,
  conv1d,
  conv2d,
  type Size2d,
  type Tensor,
} from "@mien/tensor";
import { checkWhole } from "../check.ts";
import { defaultUniform } from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { type LayerOptions, pairOf } from "./options.ts";

/**
 * What every kind of convolution checks when it is made.
 *
 * @throws ArgumentError for sizes below 1, or groups that do not divide both numbers of channels
 */
export function checkConvolution(
  layer: string,
  inChannels: number,
  outChannels: number,
  groups: number,
  kernel: Readonly<Record<string, number>>,
): void {
  const counts = { inChannels, outChannels, groups, ...kernel };
  for (const [what, count] of Object.entries(counts)) checkWhole(layer, what, count, 1);
  if (inChannels % groups !== 0 || outChannels % groups !== 0) {
    throw new ArgumentError(
      `${layer}: got groups ${groups}, expected a divisor of ${inChannels} input and ${outChannels} output channels`,
    );
  }
}

/** Of the convolution (stride, padding, dilation, groups) and of the layer. */
export interface Conv2dLayerOptions
  extends Omit<Conv2dOptions, keyof ActivationOptions | "maxPool">,
    LayerOptions {
  /** Whether a learned constant is added per channel. Default: true. */
  readonly bias?: boolean;
}

/**
 * A window of weights for each output channel, slid over the image. Input [N, C, H, W], output [N, outChannels, H', W'].
 * https://pytorch.org/docs/stable/generated/torch.nn.Conv2d.html
 */
export class Conv2d extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  /** Height and width of the window. */
  readonly kernelSize: readonly [number, number];
  readonly stride: NonNullable<Conv2dLayerOptions["stride"]>;
  readonly padding: NonNullable<Conv2dLayerOptions["padding"]>;
  readonly dilation: NonNullable<Conv2dLayerOptions["dilation"]>;
  readonly groups: number;
  /** [outChannels, inChannels / groups, kernel height, kernel width] */
  readonly weight: Parameter;
  /** [outChannels] */
  readonly bias: Parameter | null;

  /**
   * @param kernelSize one number or [height, width]
   * @throws ArgumentError for sizes below 1, or groups that do not divide both numbers of channels
   */
  constructor(
    inChannels: number,
    outChannels: number,
    kernelSize: number | readonly [number, number],
    options: Conv2dLayerOptions = {},
  ) {
    super();
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
    const [height, width] = pairOf(kernelSize);
    const kernel = { "kernel height": height, "kernel width": width };
    checkConvolution("Conv2d", inChannels, outChannels, groups, kernel);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = [height, width];
    this.stride = stride;
    this.padding = padding;
    this.dilation = dilation;
    this.groups = groups;
    this.weight = Parameter.empty([outChannels, inChannels / groups, height, width], options);
    this.bias = (options.bias ?? true) ? Parameter.empty([outChannels], options) : null;
    defaultUniform(this.weight, this.bias, options);
  }

  override forward(x: Tensor): Tensor {
    return this.activated(x, {});
  }

  /** The output with an activation, and perhaps a pooling, computed as it is written; see `fuse.ts`. */
  activated(x: Tensor, activation: ActivationOptions, maxPool?: Size2d): Tensor {
    const { stride, padding, dilation, groups } = this;
    const options = { stride, padding, dilation, groups, ...activation, ...(maxPool && { maxPool }) };
    return conv2d(x, this.weight, this.bias, options);
  }
}

/** Of the convolution (stride, padding, dilation, groups) and of the layer. */
export interface Conv1dLayerOptions extends Omit<Conv1dOptions, keyof ActivationOptions>, LayerOptions {
  /** Whether a learned constant is added per channel. Default: true. */
  readonly bias?: boolean;
}

/**
 * A window of weights for each output channel, slid over a sequence. Input [N, inChannels, L], output [N, outChannels, L'].
 * https://pytorch.org/docs/stable/generated/torch.nn.Conv1d.html
 */
export class Conv1d extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly options: Required<Omit<Conv1dOptions, keyof ActivationOptions>>;
  /** [outChannels, inChannels / groups, kernelSize] */
  readonly weight: Parameter;
  /** [outChannels] */
  readonly bias: Parameter | null;

  /** @throws ArgumentError for sizes below 1, or groups that do not divide both numbers of channels */
  constructor(inChannels: number, outChannels: number, kernelSize: number, options: Conv1dLayerOptions = {}) {
    super();
    const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
    checkConvolution("Conv1d", inChannels, outChannels, groups, { kernelSize });
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = kernelSize;
    this.options = { stride, padding, dilation, groups };
    this.weight = Parameter.empty([outChannels, inChannels / groups, kernelSize], options);
    this.bias = (options.bias ?? true) ? Parameter.empty([outChannels], options) : null;
    defaultUniform(this.weight, this.bias, options);
  }

  override forward(x: Tensor): Tensor {
    return conv1d(x, this.weight, this.bias, this.options);
  }
}
