/**
 * EmotionResNet: ResNet-18's plan of blocks, narrower and for small images.
 *
 * Four stages of two blocks each. The first keeps the size, each further one halves it and doubles the channels, so
 * every stage costs about the same. The stem is one 3x3 convolution: what ImageNet's networks do to a large image
 * before their first block (7x7, stride 2, pooling) would leave little of 48 pixels. With the default widths it has
 * 700,692 parameters.
 */

import {
  BasicBlock,
  BatchNorm2d,
  Conv2d,
  init,
  type LayerOptions,
  Linear,
  Module,
  ReLU,
  Sequential,
  type Tensor,
} from "mien";
import { EMOTIONS } from "../classes.ts";
import { GlobalAveragePool } from "./global-average-pool.ts";

export interface EmotionResNetConfig {
  /** Width and height of the images in pixels. Default: 48. */
  readonly imageSize: number;
  /** Channels of the four stages. Default: [16, 32, 64, 128]. */
  readonly widths: readonly [number, number, number, number];
}

export const DEFAULT_RESNET: EmotionResNetConfig = { imageSize: 48, widths: [16, 32, 64, 128] };

/** Stem, four stages of two residual blocks, global average, one dense layer. */
export class EmotionResNet extends Module {
  readonly config: EmotionResNetConfig;
  readonly conv1: Conv2d;
  readonly bn1: BatchNorm2d;
  readonly relu = new ReLU();
  readonly layer1: Sequential;
  readonly layer2: Sequential;
  readonly layer3: Sequential;
  readonly layer4: Sequential;
  readonly avgpool = new GlobalAveragePool();
  readonly fc: Linear;
  /** The first three layers in order, so that they are computed together. */
  readonly #stem: Sequential;

  constructor(options: Partial<EmotionResNetConfig> & LayerOptions = {}) {
    super();
    const { imageSize, widths } = { ...DEFAULT_RESNET, ...options };
    this.config = { imageSize, widths };
    const [w1, w2, w3, w4] = widths;
    const stage = (from: number, to: number, stride: number) =>
      new Sequential(new BasicBlock(from, to, stride, options), new BasicBlock(to, to, 1, options));
    this.conv1 = new Conv2d(3, w1, 3, { ...options, padding: 1, bias: false });
    this.bn1 = new BatchNorm2d(w1, options);
    this.#stem = new Sequential(this.conv1, this.bn1, this.relu);
    this.layer1 = stage(w1, w1, 1);
    this.layer2 = stage(w1, w2, 2);
    this.layer3 = stage(w2, w3, 2);
    this.layer4 = stage(w3, w4, 2);
    this.fc = new Linear(w4, EMOTIONS.length, options);
    for (const layer of this.modules()) {
      if (!(layer instanceof Conv2d)) continue;
      init.kaimingNormal(layer.weight, { ...options, mode: "fanOut", nonlinearity: "relu" });
    }
  }

  /**
   * @param x [N, 3, S, S], normalised
   * @returns logits [N, 4], in the order of EMOTIONS
   */
  override forward(x: Tensor): Tensor {
    const stages = [this.#stem, this.layer1, this.layer2, this.layer3, this.layer4];
    const features = stages.reduce((y, stage) => stage.forward(y), x);
    return this.fc.forward(this.avgpool.forward(features));
  }
}
