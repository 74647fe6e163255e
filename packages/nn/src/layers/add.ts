/**
 * The sum of two paths as a layer.
 */

import { add, type Tensor } from "@mien/tensor";
import { Module } from "../module.ts";

/** a + b as a layer, so that what watches layers (hooks, exporters, summaries) sees where two paths meet. */
export class Add extends Module {
  override forward(a: Tensor, b: Tensor): Tensor {
    return add(a, b);
  }
}
