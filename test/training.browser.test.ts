/**
 * The same sources in a real browser: ten training steps on each device, without a build and without Node.
 */

import { builtInFaces, EMOTIONS, EmotionCNN, FaceLoader } from "@mien/emotion";
import { Adam, crossEntropy, Generator, openDevice, scope } from "mien";
import { expect, test } from "vitest";

for (const name of ["cpu", "webgpu"] as const) {
  test(`ten training steps on ${name}`, async () => {
    const device = await openDevice(name, { log: () => {} });
    const { train } = builtInFaces({ train: 64, validation: 4, test: 4 });
    const model = new EmotionCNN({ device, generator: new Generator(1) });
    const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
    const loader = new FaceLoader(train, device);
    const indices = Int32Array.from(EMOTIONS, (_, label) => train.labels.indexOf(label)); // a face of each class
    const losses: number[] = [];
    for (let step = 0; step < 10; step++) {
      const loss = scope(() => {
        const { images, labels } = loader.batch(indices);
        const loss = crossEntropy(model.forward(images), labels);
        optimizer.zeroGrad();
        loss.backward();
        optimizer.step();
        return loss;
      });
      losses.push(await loss.item());
      loss.dispose();
    }
    console.log(`${device.description}: ${losses.map((loss) => loss.toFixed(4)).join(" ")}`);
    expect(losses.every(Number.isFinite)).toBe(true);
    expect(losses.at(-1)).toBeLessThan(0.9 * losses[0]!);
    device.dispose();
  });
}
