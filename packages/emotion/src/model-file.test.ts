/**
 * Model files from a stranger: what stands in their metadata is refused in a sentence, and costs no more than its size.
 */

import { DataError, decodeSafetensors, encodeSafetensors, manualSeed, openDevice } from "mien";
import { afterAll, expect, test } from "vitest";
import { processorSeconds } from "../../../test/support/processor-time.ts";
import { EmotionCNN } from "./model.ts";
import { decodeModel, encodeModel } from "./model-file.ts";

const device = await openDevice("cpu", { threads: 1 });
afterAll(() => device.dispose());

const small = { convChannels: [2, 4], hidden: 2, device } as const;
const whole = await encodeModel(new EmotionCNN(small), { epoch: 3 });

/** The same weights, with other words beside them. */
function withMetadata(changed: Readonly<Record<string, string>>): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(whole);
  return encodeSafetensors(tensors, { ...metadata, ...changed });
}

test("a model comes back with its weights and what is known of it, and draws no random numbers for that", async () => {
  manualSeed(5);
  const { model, info } = decodeModel(whole, "it", device);
  expect(info).toEqual({ epoch: 3 });
  expect(await encodeModel(model, info)).toEqual(whole);
  manualSeed(5);
  const expected = new EmotionCNN({ ...small });
  manualSeed(5);
  decodeModel(whole, "it", device);
  const next = new EmotionCNN({ ...small });
  expect(await next.stateDict().values().next().value!.data()).toEqual(
    await expected.stateDict().values().next().value!.data(),
  );
});

test.each([
  ["architecture", "Vgg", /architecture of the file does not fit, got Vgg/],
  ["classes", '["sad"]', /classes of the file does not fit/],
  ["config", "{", /config of the file is not understood, got {/],
  ["config", '{"hidden":-1}', /config of the file is not understood/],
  ["config", '{"convChannels":[2,3],"hidden":2}', /shape/],
  ["training", "{", /training of the file is not understood, got {/],
  ["training", "3", /training of the file is not understood, got 3/],
])("%s %s", (key, value, message) => {
  const decode = () => decodeModel(withMetadata({ [key]: value }), "it", device);
  expect(decode).toThrow(DataError);
  expect(decode).toThrow(/^model: cannot use it: /);
  expect(decode).toThrow(message);
});

test.each(['{"hidden":20000}', '{"hidden":3}', '{"convChannels":[65536,65536]}'])(
  "a small file that claims a network with %s is refused at once",
  (config) => {
    const seconds = processorSeconds(() => {
      expect(() => decodeModel(withMetadata({ config }), "it", device)).toThrow(/^model: cannot use it: /);
    });
    expect(seconds).toBeLessThan(1);
  },
);
