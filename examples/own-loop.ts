/**
 * A training loop of your own, from the library's parts: what `mien train` does, without its comforts.
 *
 *   tsx examples/own-loop.ts
 */

import { writeFile } from "node:fs/promises";
import {
  batchesOf,
  builtInFaces,
  DEFAULT_AUGMENTATION,
  EmotionCNN,
  encodeModel,
  evaluate,
  FaceLoader,
} from "@mien/emotion";
import { Adam, crossEntropy, Generator, openDevice, scope } from "mien";

const device = await openDevice("auto");
const faces = builtInFaces({ train: 2000, validation: 200, test: 200 });
const train = new FaceLoader(faces.train, device); // uploads the images, once
const validation = new FaceLoader(faces.validation, device);

const random = new Generator(1);
const model = new EmotionCNN({ device, generator: random });
const optimizer = new Adam(model.parameters(), { lr: 1e-3 });

for (let epoch = 1; epoch <= 3; epoch++) {
  for (const indices of batchesOf(random.permutation(faces.train.count), 64)) {
    // A scope frees what one step makes; the parameters and the optimizer's state live outside of it.
    scope(() => {
      const { images, labels } = train.augmentedBatch(indices, DEFAULT_AUGMENTATION, random);
      const loss = crossEntropy(model.forward(images), labels);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
    });
  }
  const { loss, accuracy } = await evaluate(model, validation, device);
  console.log(
    `epoch ${epoch}: validation loss ${loss.toFixed(3)}, accuracy ${(100 * accuracy).toFixed(1)} %`,
  );
}

await writeFile("own-loop.safetensors", await encodeModel(model, { epochs: 3 }));
console.log("saved: own-loop.safetensors");
