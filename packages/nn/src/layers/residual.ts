/**
 * Residual blocks: layers that compute what is to be added to their input, so that a deep stack of them begins as
 * nearly the identity, and gradients reach its first layer undiminished (He et al. 2015).
 *
 * Parts and names are torchvision's, so its state dicts load as they are.
 */

import type { Tensor } from "@mien/tensor";
import { checkWhole } from "../check.ts";
import { isPlain, runLayers, runSum } from "../fuse.ts";
import { Module } from "../module.ts";
import { ReLU } from "./activation.ts";
import { Add } from "./add.ts";
import { Sequential } from "./container.ts";
import { Conv2d } from "./conv.ts";
import { BatchNorm2d } from "./normalization.ts";
import type { LayerOptions } from "./options.ts";

/**
 * The block of ResNet-18 and ResNet-34: two 3x3 convolutions with batch norm, beside the input itself or, where the
 * size changes, a 1x1 convolution of it. Input [N, inChannels, H, W], output [N, outChannels, H / stride, W / stride].
 * https://arxiv.org/abs/1512.03385, https://pytorch.org/vision/stable/models/resnet.html
 */
export class BasicBlock extends Module {
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu = new ReLU();
  readonly conv2: Conv2d;
  readonly bn2: BatchNorm2d;
  /** The input in the output's size; null where it has that size already. */
  readonly downsample: Sequential | null;
  readonly add = new Add();

  constructor(inChannels: number, outChannels: number, stride = 1, options: LayerOptions = {}) {
    super();
    checkWhole("BasicBlock", "stride", stride, 1);
    const plain = { ...options, bias: false }; // batch norm takes the mean away, and a bias with it
    this.conv1 = new Conv2d(inChannels, outChannels, 3, { ...plain, stride, padding: 1 });
    this.bn1 = new BatchNorm2d(outChannels, options);
    this.conv2 = new Conv2d(outChannels, outChannels, 3, { ...plain, padding: 1 });
    this.bn2 = new BatchNorm2d(outChannels, options);
    this.downsample =
      stride === 1 && inChannels === outChannels
        ? null
        : new Sequential(
            new Conv2d(inChannels, outChannels, 1, { ...plain, stride }),
            new BatchNorm2d(outChannels, options),
          );
  }

  override forward(x: Tensor): Tensor {
    const { conv1, bn1, relu, conv2, bn2, downsample, add } = this;
    const residual = runLayers([conv1, bn1, relu, conv2], x);
    return runSum(bn2, add, residual, () => downsample?.forward(x) ?? x, relu);
  }
}

/** A convolution without bias, batch norm and ReLU: what torchvision calls Conv2dNormActivation. */
export function convNormReLU(
  inChannels: number,
  outChannels: number,
  kernelSize: number,
  stride: number,
  groups: number,
  options: LayerOptions = {},
): Sequential {
  const padding = (kernelSize - 1) / 2;
  return new Sequential(
    new Conv2d(inChannels, outChannels, kernelSize, { ...options, stride, padding, groups, bias: false }),
    new BatchNorm2d(outChannels, options),
    new ReLU(),
  );
}

/**
 * The block of MobileNetV2: wider by a 1x1 convolution, a depthwise 3x3 one, and narrower again by a 1x1 one without an
 * activation behind it; the input is added where it has the output's size. ReLU stands for the paper's ReLU6, whose
 * limit serves arithmetic of 8 bits. Input [N, inChannels, H, W], output [N, outChannels, H / stride, W / stride].
 * https://arxiv.org/abs/1801.04381, https://pytorch.org/vision/stable/models/mobilenetv2.html
 */
export class InvertedResidual extends Module {
  readonly conv: Sequential;
  readonly add: Add | null;

  /** @param expandRatio how many times wider the inside is than the input */
  constructor(
    inChannels: number,
    outChannels: number,
    stride: number,
    expandRatio: number,
    options: LayerOptions = {},
  ) {
    super();
    checkWhole("InvertedResidual", "stride", stride, 1);
    checkWhole("InvertedResidual", "expandRatio", expandRatio, 1);
    const hidden = inChannels * expandRatio;
    this.conv = new Sequential(
      ...(expandRatio === 1 ? [] : [convNormReLU(inChannels, hidden, 1, 1, 1, options)]),
      convNormReLU(hidden, hidden, 3, stride, hidden, options),
      new Conv2d(hidden, outChannels, 1, { ...options, bias: false }),
      new BatchNorm2d(outChannels, options),
    );
    this.add = stride === 1 && inChannels === outChannels ? new Add() : null;
  }

  override forward(x: Tensor): Tensor {
    const { conv, add } = this;
    if (!add) return conv.forward(x);
    // Its last layer is left for the sum, unless somebody watches the layers as one.
    const layers = isPlain(conv, Sequential) ? conv.children() : [conv];
    const last = layers.pop()!;
    return runSum(last, add, runLayers(layers, x), () => x);
  }
}
