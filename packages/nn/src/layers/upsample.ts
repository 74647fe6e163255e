/**
 * Interpolation as a layer: the way back up, in networks that give an answer per pixel.
 */

import { type InterpolateOptions, interpolate, type Tensor } from "@mien/tensor";
import { Module } from "../module.ts";

/**
 * Images of another size, by the nearest pixel or in between. Input [N, C, H, W], output [N, C, H', W'].
 * https://pytorch.org/docs/stable/generated/torch.nn.Upsample.html
 */
export class Upsample extends Module {
  readonly options: InterpolateOptions;

  /** @param options `size` or `scaleFactor`, and `mode` ("nearest" unless given) */
  constructor(options: InterpolateOptions) {
    super();
    this.options = { ...options };
  }

  override forward(x: Tensor): Tensor {
    return interpolate(x, this.options);
  }
}
