/**
 * Layers one after the other.
 */

import type { Tensor } from "@mien/tensor";
import { runLayers } from "../fuse.ts";
import { Module } from "../module.ts";

/**
 * Passes its input through layers in order. They are its properties 0, 1, 2 and so on, which gives their parameters
 * the names that PyTorch gives them: `0.weight`, `2.bias`.
 * https://pytorch.org/docs/stable/generated/torch.nn.Sequential.html
 */
export class Sequential extends Module {
  readonly [index: number]: Module;
  readonly length: number;

  constructor(...layers: Module[]) {
    super();
    this.length = layers.length;
    Object.assign(this, layers);
  }

  override forward(x: Tensor): Tensor {
    return runLayers(this.children(), x);
  }

  [Symbol.iterator](): Iterator<Module> {
    return this.children().values();
  }
}
