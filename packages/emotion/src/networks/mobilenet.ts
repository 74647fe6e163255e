/**
 * EmotionMobileNet: a network of depthwise-separable convolutions, after MobileNetV2.
 *
 * A 3x3 convolution looks around and mixes channels at once; here a depthwise one looks around and 1x1 ones mix, for a
 * fraction of the work. It has about 0.27 million parameters.
 */

import {
  Conv2d,
  convNormReLU,
  Flatten,
  InvertedResidual,
  init,
  type LayerOptions,
  Linear,
  Module,
  Sequential,
  type Tensor,
} from "mien";
import { EMOTIONS } from "../classes.ts";
import { GlobalAveragePool } from "./global-average-pool.ts";

export interface EmotionMobileNetConfig {
  /** Width and height of the images in pixels. Default: 48. */
  readonly imageSize: number;
}

export const DEFAULT_MOBILENET: EmotionMobileNetConfig = { imageSize: 48 };

const STEM = 16;
const HEAD = 256;

/** The stages: how much wider the inside of a block is, channels, blocks, and the stride of the first. */
const STAGES: readonly (readonly [expandRatio: number, channels: number, blocks: number, stride: number])[] =
  [
    [1, 16, 1, 1],
    [4, 24, 2, 1],
    [4, 32, 3, 2],
    [4, 64, 3, 2],
    [4, 96, 2, 1],
  ];

/** Stem of stride 2, inverted residuals, 1x1 convolution, global average, one dense layer. */
export class EmotionMobileNet extends Module {
  readonly config: EmotionMobileNetConfig;
  readonly features: Sequential;
  readonly avgpool = new GlobalAveragePool();
  readonly classifier: Sequential;

  constructor(options: Partial<EmotionMobileNetConfig> & LayerOptions = {}) {
    super();
    const { imageSize } = { ...DEFAULT_MOBILENET, ...options };
    this.config = { imageSize };
    const layers: Module[] = [convNormReLU(3, STEM, 3, 2, 1, options)];
    let width = STEM;
    for (const [expandRatio, channels, blocks, stride] of STAGES) {
      for (let block = 0; block < blocks; block++) {
        layers.push(new InvertedResidual(width, channels, block === 0 ? stride : 1, expandRatio, options));
        width = channels;
      }
    }
    layers.push(convNormReLU(width, HEAD, 1, 1, 1, options));
    this.features = new Sequential(...layers);
    this.classifier = new Sequential(new Flatten(), new Linear(HEAD, EMOTIONS.length, options));
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
    return this.classifier.forward(this.avgpool.forward(this.features.forward(x)));
  }
}
