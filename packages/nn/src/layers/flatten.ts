/**
 * From images to rows of numbers: what stands between convolutions and dense layers.
 */

import { flatten, type Tensor } from "@mien/tensor";
import { Module } from "../module.ts";

/**
 * Joins the dimensions from `startDim` to `endDim` (both included). By default [N, C, H, W] becomes [N, C * H * W].
 * https://pytorch.org/docs/stable/generated/torch.nn.Flatten.html
 */
export class Flatten extends Module {
  readonly startDim: number;
  readonly endDim: number;

  constructor(startDim = 1, endDim = -1) {
    super();
    this.startDim = startDim;
    this.endDim = endDim;
  }

  override forward(x: Tensor): Tensor {
    return flatten(x, this.startDim, this.endDim);
  }
}
