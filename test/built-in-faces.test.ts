/**
 * The built-in faces must be worth a convolutional network: a linear model on the pixels has to fail on them.
 */

import { builtInFaces, FaceLoader, type ImageSet } from "@mien/emotion";
import { Adam, crossEntropy, Generator, Linear, manualSeed, noGrad, openDevice, scope } from "mien";
import { expect, test } from "vitest";

test("a logistic regression stays under 70 % on unseen faces", async () => {
  const device = await openDevice("cpu");
  manualSeed(1);
  const { train, test: unseen } = builtInFaces();
  const model = new Linear(3 * train.size ** 2, 4, { device });
  const optimizer = new Adam(model.parameters(), { lr: 3e-4, weightDecay: 1e-3 });
  const loader = new FaceLoader(train, device);
  const random = new Generator(1);
  for (let epoch = 0; epoch < 30; epoch++) {
    const order = random.permutation(train.count);
    for (let start = 0; start < order.length; start += 64) {
      scope(() => {
        const { images, labels } = loader.batch(order.subarray(start, start + 64));
        optimizer.zeroGrad();
        crossEntropy(model.forward(images.flatten(1)), labels).backward();
        optimizer.step();
      });
    }
  }
  const accuracyOn = async (set: ImageSet) => {
    const faces = new FaceLoader(set, device);
    const hits = noGrad(() =>
      scope(() => {
        const { images, labels } = faces.batch(Int32Array.from({ length: set.count }, (_, i) => i));
        return model.forward(images.flatten(1)).argmax(1).eq(labels).to("float32").mean();
      }),
    );
    return hits.item();
  };
  const [seen, fresh] = [await accuracyOn(train), await accuracyOn(unseen)];
  console.log(
    `logistic regression: ${(100 * seen).toFixed(1)} % on its own faces, ${(100 * fresh).toFixed(1)} % on unseen ones`,
  );
  expect(seen).toBeGreaterThan(0.5); // it was trained
  expect(fresh).toBeGreaterThan(0.3);
  expect(fresh).toBeLessThan(0.7);
  device.dispose();
});
