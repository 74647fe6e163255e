/**
 * Fusion: an activation that follows a convolution or a dense layer is computed while that layer writes its result.
 *
 * The value is still in a register there; as a kernel of its own, the activation would read and write all of memory
 * once more. The gradient fits too: (leaky) ReLU keeps the sign, so its slope can be had from the output. Results are
 * those of the layers one by one. A pair is left alone when somebody watches or has changed one of the two, that is,
 * when its `forward` is not the one of its class any more: a hook, a subclass, or a test that put its own there.
 */

import type { ActivationOptions, Tensor } from "@mien/tensor";
import { LeakyReLU, ReLU } from "./layers/activation.ts";
import { Conv2d } from "./layers/conv.ts";
import { Linear } from "./layers/linear.ts";
import type { Module } from "./module.ts";

/** The layer as one that can compute an activation on the way, or null. */
function producer(layer: Module): Conv2d | Linear | null {
  if (layer instanceof Conv2d && layer.forward === Conv2d.prototype.forward) return layer;
  if (layer instanceof Linear && layer.forward === Linear.prototype.forward) return layer;
  return null;
}

/** What an activation layer computes, or null if it has to be run as it is. */
function epilogue(layer: Module | undefined): ActivationOptions | null {
  if (layer instanceof ReLU && layer.forward === ReLU.prototype.forward) return { activation: "relu" };
  if (layer instanceof LeakyReLU && layer.forward === LeakyReLU.prototype.forward) {
    const { negativeSlope } = layer;
    return negativeSlope > 0 ? { activation: "leakyRelu", negativeSlope } : null;
  }
  return null;
}

/** Passes `x` through layers in order, two at a time where they can be fused. */
export function runLayers(layers: readonly Module[], x: Tensor): Tensor {
  let result = x;
  for (let i = 0; i < layers.length; i++) {
    const layer = layers[i]!;
    const wide = producer(layer);
    const activation = wide && epilogue(layers[i + 1]);
    if (activation) {
      result = wide.activated(result, activation);
      i++;
    } else {
      result = layer.forward(result);
    }
  }
  return result;
}
