/**
 * Fusion: what follows a convolution, a dense layer or a batch norm is computed while that layer writes its result: an
 * activation, and behind a convolution max pooling too.
 *
 * The value is still in a register there; as kernels of their own, activation and pooling would each read and write all
 * of memory once more. The gradient fits too: (leaky) ReLU keeps the sign, so its slope can be had from the output.
 * Results are those of the layers one by one. Layers are left alone when somebody watches or has changed one of them,
 * that is, when its `forward` is not the one of its class any more: a hook, a subclass, or a test that put its own there.
 */

import type { ActivationOptions, Size2d, Tensor } from "@mien/tensor";
import { LeakyReLU, ReLU } from "./layers/activation.ts";
import { Conv2d } from "./layers/conv.ts";
import { Linear } from "./layers/linear.ts";
import { BatchNorm1d, BatchNorm2d } from "./layers/normalization.ts";
import { pairOf } from "./layers/options.ts";
import { MaxPool2d } from "./layers/pooling.ts";
import type { Module } from "./module.ts";

/** Whether a layer computes what its class says. */
function isPlain<M extends Module>(
  layer: Module | undefined,
  kind: abstract new (...args: never) => M,
): layer is M {
  return layer instanceof kind && layer.forward === kind.prototype.forward;
}

/** Whether a layer's kernels can apply an activation to what they write. */
function canActivate(layer: Module): layer is Conv2d | Linear | BatchNorm1d | BatchNorm2d {
  return (
    isPlain(layer, Conv2d) ||
    isPlain(layer, Linear) ||
    isPlain(layer, BatchNorm2d) ||
    isPlain(layer, BatchNorm1d)
  );
}

/** What an activation layer computes, or null if it has to be run as it is. */
function activationOf(layer: Module | undefined): ActivationOptions | null {
  if (isPlain(layer, ReLU)) return { activation: "relu" };
  if (isPlain(layer, LeakyReLU) && layer.negativeSlope > 0) {
    return { activation: "leakyRelu", negativeSlope: layer.negativeSlope };
  }
  return null;
}

function isPair(size: Size2d, [height, width]: readonly [number, number]): boolean {
  const [h, w] = pairOf(size);
  return h === height && w === width;
}

/** The windows of a pooling layer, if they lie side by side without any padding, else null. */
function windowOf(layer: Module | undefined): Size2d | null {
  if (!isPlain(layer, MaxPool2d)) return null;
  const { kernelSize, options } = layer;
  const { stride = kernelSize, padding = 0, dilation = 1, ceilMode = false } = options;
  const sideBySide =
    isPair(padding, [0, 0]) && isPair(dilation, [1, 1]) && isPair(stride, pairOf(kernelSize));
  return sideBySide && !ceilMode ? kernelSize : null;
}

/** Passes `x` through layers in order, two or three at a time where they can be fused. */
export function runLayers(layers: readonly Module[], x: Tensor): Tensor {
  let result = x;
  for (let i = 0; i < layers.length; ) {
    const layer = layers[i++]!;
    if (!canActivate(layer)) {
      result = layer.forward(result);
      continue;
    }
    const activation = activationOf(layers[i]);
    if (activation) i++;
    const window = layer instanceof Conv2d ? windowOf(layers[i]) : null;
    if (window) i++;
    result = layer.activated(result, activation ?? {}, window ?? undefined);
  }
  return result;
}
