/**
 * Transposed convolution as a layer: every pixel paints a window, and the windows overlap. Decoders enlarge with it.
 */

import { type ConvTranspose2dOptions, convTranspose2d, type Tensor } from "@mien/tensor";
import { defaultUniform } from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import { checkConvolution } from "./conv.ts";
import { type LayerOptions, pairOf } from "./options.ts";

/** Of the convolution (stride, padding, outputPadding, dilation, groups) and of the layer. */
export interface ConvTranspose2dLayerOptions extends ConvTranspose2dOptions, LayerOptions {
  /** Whether a learned constant is added per channel. Default: true. */
  readonly bias?: boolean;
}

/**
 * A window of weights for each input channel, laid down at every pixel. Input [N, inChannels, H, W], output [N, outChannels, H', W'].
 * https://pytorch.org/docs/stable/generated/torch.nn.ConvTranspose2d.html
 */
export class ConvTranspose2d extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  /** Height and width of the window. */
  readonly kernelSize: readonly [number, number];
  readonly options: Required<ConvTranspose2dOptions>;
  /** [inChannels, outChannels / groups, kernel height, kernel width]: in before out, unlike Conv2d's */
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
    options: ConvTranspose2dLayerOptions = {},
  ) {
    super();
    const { stride = 1, padding = 0, outputPadding = 0, dilation = 1, groups = 1 } = options;
    const [height, width] = pairOf(kernelSize);
    const kernel = { "kernel height": height, "kernel width": width };
    checkConvolution("ConvTranspose2d", inChannels, outChannels, groups, kernel);
    this.inChannels = inChannels;
    this.outChannels = outChannels;
    this.kernelSize = [height, width];
    this.options = { stride, padding, outputPadding, dilation, groups };
    this.weight = Parameter.empty([inChannels, outChannels / groups, height, width], options);
    this.bias = (options.bias ?? true) ? Parameter.empty([outChannels], options) : null;
    defaultUniform(this.weight, this.bias, options);
  }

  override forward(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight, this.bias, this.options);
  }
}
