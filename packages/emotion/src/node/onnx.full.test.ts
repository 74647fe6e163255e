/**
 * onnxruntime beside ours on 1,000 faces, with a model that has learnt something: its logits are larger than those of
 * fresh weights, and so are the differences.
 */

import { Generator, openDevice } from "mien";
import { afterAll, expect, test } from "vitest";
import { likeliest } from "../evaluate.ts";
import { builtInFaces } from "../faces.ts";
import { EmotionCNN } from "../model.ts";
import { Trainer } from "../trainer.ts";
import { encodeModelOnnx } from "./onnx.ts";
import { faceBatches, parityOf, whyNoRuntime } from "./onnx-for-tests.ts";

const device = await openDevice("cpu", { threads: 1 });
afterAll(() => device.dispose());

test.skipIf(whyNoRuntime)(`1,000 faces${whyNoRuntime ? ` (${whyNoRuntime})` : ""}`, async () => {
  using model = new EmotionCNN({ device, generator: new Generator(5) });
  const trainer = new Trainer(model, builtInFaces({ train: 1280, validation: 64, test: 0 }), device, {
    epochs: 2,
  });
  for await (const _ of trainer.run());
  trainer.dispose();
  const bytes = await encodeModelOnnx(model);
  const batches = faceBatches([1, 7, ...Array.from({ length: 15 }, () => 64), 32]);
  const { ours, theirs, difference, largest } = await parityOf(model, bytes, device, batches);
  console.log(
    `1,000 faces: logits up to ${largest.toFixed(2)}, largest difference ${difference.toExponential(2)}`,
  );
  expect(ours).toHaveLength(4000);
  expect(difference).toBeLessThanOrEqual(1e-5);
  expect(likeliest(theirs)).toEqual(likeliest(ours));
});
