/**
 * A trained network says the same of 4,977 faces on every device.
 */

import { builtInFaces, EmotionCNN, FaceLoader, type ImageSet, likeliest, Trainer } from "@mien/emotion";
import { type Device, Generator, noGrad, openDevice, scope, toHost } from "mien";
import { expect, test } from "vitest";
import { openTestDevices } from "./support/devices.ts";

const FACES = 4977; // as many as the real faces have for validation
const SOME = 16; // what the reference gets: it is slow
/** Half as wide as usual, for the sake of GPUs in software. */
const SIZES = { convChannels: [8, 16] } as const;

/** The logits of the first `count` images, row by row. */
async function logitsOn(
  device: Device,
  state: Awaited<ReturnType<typeof toHost>>,
  set: ImageSet,
  count: number,
): Promise<Float32Array> {
  const model = new EmotionCNN({ ...SIZES, device });
  model.loadStateDict(state);
  model.eval();
  const loader = new FaceLoader(set, device);
  const rows: number[] = [];
  for (let start = 0; start < count; start += 64) {
    const indices = Int32Array.from({ length: Math.min(64, count - start) }, (_, i) => start + i);
    const logits = noGrad(() => scope(() => model.forward(loader.batch(indices).images)));
    rows.push(...(await logits.data()));
    logits.dispose();
  }
  loader.dispose();
  model.dispose();
  return Float32Array.from(rows);
}

test(`logits of ${FACES} faces`, async () => {
  const { present, skipped } = await openTestDevices();
  for (const { label, reason } of skipped) console.warn(`${label}: left out, ${reason}`);
  const cpu = await openDevice("cpu");
  const faces = builtInFaces({ train: 1280, validation: FACES, test: 4 });
  const model = new EmotionCNN({ ...SIZES, device: cpu, generator: new Generator(5) });
  const trainer = new Trainer(model, { ...faces, validation: faces.test }, cpu, { epochs: 2 });
  for await (const _ of trainer.run());
  trainer.dispose();
  const state = await toHost(model.stateDict());
  const expected = await logitsOn(cpu, state, faces.validation, FACES);
  const classes = likeliest(expected);
  for (const { label, device } of present) {
    const count = device.name === "reference" ? SOME : FACES;
    const logits = await logitsOn(device, state, faces.validation, count);
    const difference = logits.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i]!)), 0);
    const same = likeliest(logits).reduce((sum, guess, i) => sum + Number(guess === classes[i]), 0);
    console.log(
      `${label}: ${same} of ${count} classes are the cpu's, logits off by ${difference.toExponential(1)} at most`,
    );
    expect(difference, label).toBeLessThanOrEqual(1e-4);
    expect(same, label).toBeGreaterThanOrEqual(0.999 * count);
    device.dispose();
  }
  cpu.dispose();
});
