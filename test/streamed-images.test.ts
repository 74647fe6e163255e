/**
 * Images that are too many for the device: they stay on the host, each batch brings its own, and nobody can tell.
 */

import { builtInFaces, EmotionCNN, FaceLoader, imageAt, Trainer, type TrainOptions } from "@mien/emotion";
import { type Device, Generator, toHost } from "mien";
import { describe, expect, test } from "vitest";
import { devicesOfFile } from "./support/devices-of-file.ts";

const present = await devicesOfFile();

/** 24 and 16 images: batches of 5 leave a short last one. */
const faces = builtInFaces({ train: 24, validation: 16, test: 4 });
const allBytes = faces.train.images.byteLength;

/** What two epochs tell, and the bits of the weights. */
async function train(device: Device, options: TrainOptions) {
  const model = new EmotionCNN({ convChannels: [2, 3], hidden: 4, device, generator: new Generator(1) });
  const trainer = new Trainer(model, faces, device, { epochs: 2, batchSize: 5, seed: 5, ...options });
  const { streams } = trainer;
  const records: object[] = [];
  for await (const { record } of trainer.run()) {
    const { seconds: _, ...numbers } = record;
    records.push(numbers);
  }
  const weights = await toHost(model.stateDict());
  trainer.dispose();
  model.dispose();
  return { streams, records, bits: Array.from(weights.values(), ({ data }) => data.join()) };
}

describe.each(present.map(({ label, device }) => [label, device] as const))("%s", (_, device) => {
  test("an epoch on streamed images has the bits of one on resident images", async () => {
    const resident = await train(device, { maxResidentBytes: allBytes });
    expect(resident.streams).toBe(false);
    for (const capture of [true, false]) {
      const streamed = await train(device, { maxResidentBytes: 1000, capture });
      expect(streamed).toEqual({ ...resident, streams: true });
    }
  });

  test("streamed images take no memory of the device until a batch needs them", () => {
    const before = device.stats().liveBytes;
    const loader = new FaceLoader(faces.train, device, { maxResidentBytes: allBytes - 1 });
    const { pixels, indices } = loader.recipe(Int32Array.of(7, 3, 7));
    expect(device.stats().liveBytes).toBe(before);
    expect([...indices]).toEqual([0, 1, 2]);
    expect(pixels).toEqual(Uint8Array.from([7, 3, 7].flatMap((i) => [...imageAt(faces.train, i)])));
    loader.dispose();
  });

  test("the device's own limit decides, where nobody says otherwise", () => {
    const holding = (maxBufferBytes: number): Device =>
      new Proxy(device, {
        get(target, key) {
          if (key === "maxBufferBytes") return maxBufferBytes;
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    expect(device.maxBufferBytes).toBeGreaterThanOrEqual(128 * 2 ** 20);
    for (const [limit, streams] of [
      [allBytes, false],
      [allBytes - 1, true],
    ] as const) {
      const loader = new FaceLoader(faces.train, holding(limit));
      expect(loader.streams).toBe(streams);
      loader.dispose();
    }
  });
});
