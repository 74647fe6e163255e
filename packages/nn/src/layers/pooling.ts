/**
 * Pooling as a layer: fewer pixels, of which each stands for a whole window.
 */

import { type MaxPool2dOptions, maxPool2d, type Tensor } from "@mien/tensor";
import { Module } from "../module.ts";

/**
 * The largest value of each window. Input [N, C, H, W], output [N, C, H', W'].
 * https://pytorch.org/docs/stable/generated/torch.nn.MaxPool2d.html
 */
export class MaxPool2d extends Module {
  readonly kernelSize: number | readonly [number, number];
  readonly options: MaxPool2dOptions;

  /** @param kernelSize of the window, one number or [height, width]; the stride is the same unless options say otherwise */
  constructor(kernelSize: number | readonly [number, number], options: MaxPool2dOptions = {}) {
    super();
    this.kernelSize = kernelSize;
    this.options = { ...options };
  }

  override forward(x: Tensor): Tensor {
    return maxPool2d(x, this.kernelSize, this.options);
  }
}
