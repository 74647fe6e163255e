/**
 * What stands between features and the dense layer of a deep network.
 */

import { Module, type Tensor } from "mien";

/** The mean of every channel over all its places, as a layer: [N, C, H, W] to [N, C]. */
export class GlobalAveragePool extends Module {
  override forward(x: Tensor): Tensor {
    return x.mean([2, 3]);
  }
}
