/**
 * EmotionCNN: the small network that reads a face.
 *
 * Two 3x3 convolutions look for strokes and then for combinations of strokes, a max pool halves the resolution, and
 * two dense layers weigh what was found. With the default sizes it has 595,076 parameters, 589,856 of them in the
 * first dense layer.
 */

import {
  Conv2d,
  type Device,
  type DType,
  Flatten,
  type Generator,
  init,
  LeakyReLU,
  Linear,
  MaxPool2d,
  Module,
  Sequential,
  type Tensor,
} from "mien";
import { EMOTIONS } from "./classes.ts";

/** The sizes of the network: enough to build it again from a file. */
export interface EmotionCNNConfig {
  /** Width and height of the images in pixels, an even number. Default: 48. */
  readonly imageSize: number;
  /** Output channels of the two convolutions. Default: [16, 32]. */
  readonly convChannels: readonly [number, number];
  /** Width of the first dense layer. Default: 32. */
  readonly hidden: number;
}

export const DEFAULT_CNN: EmotionCNNConfig = { imageSize: 48, convChannels: [16, 32], hidden: 32 };

export interface EmotionCNNOptions extends Partial<EmotionCNNConfig> {
  readonly device?: Device;
  readonly dtype?: DType;
  /** Draws the initial weights. */
  readonly generator?: Generator;
}

/** Slope of every LeakyReLU below 0. */
const NEGATIVE_SLOPE = 0.1;

/** Conv, LeakyReLU, Conv, LeakyReLU, MaxPool 2, Dense, LeakyReLU, Dense. */
export class EmotionCNN extends Module {
  readonly config: EmotionCNNConfig;
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(options: EmotionCNNOptions = {}) {
    super();
    const { imageSize, convChannels, hidden } = { ...DEFAULT_CNN, ...options };
    this.config = { imageSize, convChannels, hidden };
    const [c1, c2] = convChannels;
    this.features = new Sequential(
      new Conv2d(3, c1, 3, { ...options, padding: 1 }),
      new LeakyReLU(NEGATIVE_SLOPE),
      new Conv2d(c1, c2, 3, { ...options, padding: 1 }),
      new LeakyReLU(NEGATIVE_SLOPE),
      new MaxPool2d(2),
    );
    this.classifier = new Sequential(
      new Flatten(),
      new Linear(c2 * Math.floor(imageSize / 2) ** 2, hidden, options),
      new LeakyReLU(NEGATIVE_SLOPE),
      new Linear(hidden, EMOTIONS.length, options),
    );
    for (const [name, parameter] of this.namedParameters()) {
      if (name.endsWith("weight")) init.kaimingNormal(parameter, { a: NEGATIVE_SLOPE, ...options });
      else init.zeros(parameter);
    }
  }

  /**
   * @param x [N, 3, S, S], normalised
   * @returns logits [N, 4], in the order of EMOTIONS
   */
  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x));
  }
}
