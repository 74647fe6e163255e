/**
 * EmotionCNN with weights and images from a formula, for comparisons with PyTorch.
 *
 * test/golden/ten-adam-steps.py holds the same network and the same formula, so nothing but a seed of sorts (a
 * counter) has to cross from one language to the other. Weights are those of Kaiming's uniform rule.
 */

import {
  Conv2d,
  type Device,
  type DType,
  Flatten,
  LeakyReLU,
  Linear,
  MaxPool2d,
  Module,
  noGrad,
  numel,
  Sequential,
  type Shape,
  type Tensor,
  tensor,
} from "mien";

export interface Placement {
  readonly device: Device;
  readonly dtype: DType;
}

/** The network of the emotion package, built from nn alone. */
export class EmotionNet extends Module {
  readonly features: Sequential;
  readonly classifier: Sequential;

  constructor(options: Placement) {
    super();
    this.features = new Sequential(
      new Conv2d(3, 16, 3, { ...options, padding: 1 }),
      new LeakyReLU(0.1),
      new Conv2d(16, 32, 3, { ...options, padding: 1 }),
      new LeakyReLU(0.1),
      new MaxPool2d(2),
    );
    this.classifier = new Sequential(
      new Flatten(),
      new Linear(32 * 24 * 24, 32, options),
      new LeakyReLU(0.1),
      new Linear(32, 4, options),
    );
  }

  override forward(x: Tensor): Tensor {
    return this.classifier.forward(this.features.forward(x));
  }
}

/** Numbers in [-1, 1), one for each counter from `start`: the last step of MurmurHash3 on the counter. */
function uniform(start: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    let h = Math.imul(start + i, 0x9e3779b1);
    h ^= h >>> 16;
    h = Math.imul(h, 0x85ebca6b);
    h ^= h >>> 13;
    h = Math.imul(h, 0xc2b2ae35);
    h ^= h >>> 16;
    return (h >>> 8) / 2 ** 23 - 1;
  });
}

/** The network with the formula's weights. One counter runs through all of them. */
export function formulaNet(options: Placement): EmotionNet {
  const net = new EmotionNet(options);
  let counter = 0;
  let fanIn = 0;
  for (const [name, parameter] of net.stateDict()) {
    const { numel: count, shape } = parameter;
    const isWeight = name.endsWith("weight");
    if (isWeight) fanIn = count / shape[0]!;
    const bound = Math.sqrt(isWeight ? 6 / ((1 + 0.1 * 0.1) * fanIn) : 1 / fanIn);
    noGrad(() => parameter.copy_(uniform(counter, count).map((value) => value * bound)));
    counter += count;
  }
  return net;
}

const IMAGES: Shape = [4, 3, 48, 48];

/** Faint noise, [4, 3, 48, 48]. */
export function formulaImages(options: Placement): Tensor {
  const values = uniform(10_000_000, numel(IMAGES)).map((value) => value * 0.1);
  return tensor(values, { ...options, shape: IMAGES });
}
