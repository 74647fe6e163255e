/**
 * A small network with batch norm and dropout trains alike on every device: the same values are dropped, and the running
 * statistics go the same way.
 */

import { openReference } from "@mien/cpu";
import {
  BatchNorm1d,
  BatchNorm2d,
  Conv2d,
  crossEntropy,
  type Device,
  Dropout,
  Dropout2d,
  Flatten,
  type FloatDType,
  Generator,
  GroupNorm,
  LayerNorm,
  Linear,
  noGrad,
  ReLU,
  Sequential,
  SGD,
  scope,
  tensor,
} from "mien";
import { afterAll, describe, expect, test } from "vitest";
import { distance } from "./support/closeness.ts";
import { openTestDevices } from "./support/devices.ts";

const { present, skipped } = await openTestDevices();
const reference = openReference();
afterAll(() => {
  for (const { device } of [...present, { device: reference }]) device.dispose();
});

/** The state after six steps, the losses on the way, and what the model says of the images after `eval()`. */
async function train(device: Device, dtype: FloatDType): Promise<ReadonlyMap<string, Float64Array>> {
  const random = new Generator(11);
  const options = { device, dtype, generator: random };
  const model = new Sequential(
    new Conv2d(1, 6, 3, { ...options, bias: false }),
    new BatchNorm2d(6, options),
    new ReLU(),
    new Dropout2d(0.2, { generator: random }),
    new Conv2d(6, 6, 3, { ...options, stride: 2 }),
    new GroupNorm(3, 6, options),
    new Flatten(),
    new LayerNorm(24, options),
    new Dropout(0.3, { generator: random }),
    new Linear(24, 5, { ...options, bias: false }),
    new BatchNorm1d(5, { ...options, momentum: null }),
  );
  // Not Adam, which makes steps of whatever rounding leaves of a gradient that is 0.
  const optimizer = new SGD(model.parameters(), { lr: 0.1, momentum: 0.9 });
  const pixels = Float32Array.from({ length: 9 * 7 * 7 }, () => random.normal());
  const images = tensor(pixels, { device, dtype, shape: [9, 1, 7, 7] });
  const labels = tensor([0, 1, 2, 3, 4, 0, 1, 2, 3], { device, dtype: "int32" });
  const seen = new Map<string, Float64Array>();
  for (let step = 0; step < 6; step++) {
    const loss = scope(() => {
      optimizer.zeroGrad();
      const one = crossEntropy(model.forward(images), labels);
      one.backward();
      optimizer.step();
      return one.detach();
    });
    seen.set(`loss ${step}`, Float64Array.of(await loss.item()));
    loss.dispose();
  }
  for (const [name, one] of model.stateDict()) seen.set(name, Float64Array.from(await one.data()));
  using logits = noGrad(() => scope(() => model.eval().forward(images)));
  seen.set("logits", Float64Array.from(await logits.data()));
  for (const one of [images, labels, model]) one.dispose();
  return seen;
}

const expected = train(reference, "float64");

for (const { label, reason } of skipped) describe.skip(`on ${label}`, () => test.skip(reason));

test.each(present)("six steps on $label", async ({ device }) => {
  const actual = await train(device, "float32");
  for (const [name, values] of await expected) {
    expect(distance(actual.get(name)!, values).error, name).toBeLessThan(1e-4);
  }
  expect(actual.get("1.num_batches_tracked")).toEqual(Float64Array.of(6));
});
