/**
 * The layer that does nothing: what stands in for one that was taken out.
 */

import type { Tensor } from "@mien/tensor";
import { Module } from "../module.ts";

/** Returns its input. https://pytorch.org/docs/stable/generated/torch.nn.Identity.html */
export class Identity extends Module {
  override forward(x: Tensor): Tensor {
    return x;
  }
}
