/**
 * Fusion: what follows a convolution, a dense layer or a batch norm is computed while that layer writes its result: an
 * activation, behind a convolution max pooling too, and between batch norm and activation the sum of a residual block.
 *
 * The value is still in a register there; as kernels of their own, activation, pooling and sum would each read and write
 * all of memory once more. The gradient fits too: (leaky) ReLU keeps the sign, so its slope can be had from the output.
 * Results are those of the layers one by one. Layers are left alone when somebody watches or has changed one of them,
 * that is, when its `forward` is not the one of its class any more: a hook, a subclass, or a test that put its own there.
 */

import { type ActivationOptions, type Size2d, sameShape, type Tensor } from "@mien/tensor";
import { LeakyReLU, ReLU } from "./layers/activation.ts";
import { Add } from "./layers/add.ts";
import { Conv2d } from "./layers/conv.ts";
import { Linear } from "./layers/linear.ts";
import { BatchNorm1d, BatchNorm2d } from "./layers/normalization.ts";
import { pairOf } from "./layers/options.ts";
import { MaxPool2d } from "./layers/pooling.ts";
import type { Module } from "./module.ts";

/** Whether a layer computes what its class says. */
export function isPlain<M extends Module>(
  layer: Module | undefined,
  kind: abstract new (...args: never) => M,
): layer is M {
  return layer instanceof kind && layer.forward === kind.prototype.forward;
}

/** Whether a layer's kernels can apply an activation to what they write. */
function canActivate(layer: Module): layer is Conv2d | Linear | BatchNorm1d | BatchNorm2d {
  return isPlain(layer, Conv2d) || isPlain(layer, Linear) || isBatchNorm(layer);
}

function isBatchNorm(layer: Module): layer is BatchNorm1d | BatchNorm2d {
  return isPlain(layer, BatchNorm2d) || isPlain(layer, BatchNorm1d);
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
    if (!(layer instanceof Conv2d)) {
      result = layer.activated(result, activation ?? {});
      continue;
    }
    const window = windowOf(layers[i]);
    if (window) i++;
    result = layer.activated(result, activation ?? {}, window ?? undefined);
  }
  return result;
}

/**
 * The end of a residual block: passes `x` through `norm`, adds what `shortcut` gives, and passes the sum through
 * `activation`, if there is one. All of it is one pass if the layers are plain and the sum needs no broadcasting.
 */
export function runSum(
  norm: Module,
  add: Add,
  x: Tensor,
  shortcut: () => Tensor,
  activation?: Module,
): Tensor {
  const activated = (sum: Tensor) => activation?.forward(sum) ?? sum;
  if (!isBatchNorm(norm) || !isPlain(add, Add)) return activated(add.forward(norm.forward(x), shortcut()));
  const addend = shortcut();
  if (!sameShape(addend.shape, x.shape)) return activated(add.forward(norm.forward(x), addend));
  const behind = activationOf(activation);
  const sum = norm.activated(x, { ...behind, addend });
  return behind ? sum : activated(sum);
}
