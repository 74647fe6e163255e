/**
 * Checkpoints of networks that carry more than weights, and of the time when there was one network alone.
 */

import {
  DataError,
  type Device,
  decodeSafetensors,
  encodeSafetensors,
  Generator,
  openDevice,
  toHost,
} from "mien";
import { afterAll, beforeAll, expect, test } from "vitest";
import { encodeCheckpoint, loadCheckpoint } from "./checkpoint.ts";
import { builtInFaces } from "./faces.ts";
import { EmotionResNet } from "./networks/resnet.ts";
import { Trainer, type TrainOptions } from "./trainer.ts";

let device: Device;
beforeAll(async () => {
  device = await openDevice("cpu");
});
afterAll(() => device.dispose());

const faces = builtInFaces({ train: 24, validation: 8, test: 4 });

function start(options: TrainOptions = {}): { model: EmotionResNet; trainer: Trainer } {
  const model = new EmotionResNet({ widths: [2, 3, 4, 5], device, generator: new Generator(1) });
  return { model, trainer: new Trainer(model, faces, device, { batchSize: 8, epochs: 2, ...options }) };
}

async function finish({ model, trainer }: ReturnType<typeof start>): Promise<unknown> {
  for await (const _ of trainer.run());
  trainer.dispose();
  const state = await toHost(model.stateDict());
  model.dispose();
  return state;
}

test("a network with batch norm goes on from the middle of an epoch, to the bit", async () => {
  const stop = new AbortController();
  const stopped = start({
    signal: stop.signal,
    onStep: ({ epoch, step }) => {
      if (epoch === 2 && step === 1) stop.abort();
    },
  });
  for await (const _ of stopped.trainer.run());
  const bytes = await encodeCheckpoint(stopped.model, stopped.trainer, { model: "resnet" }, {});
  const again = start();
  loadCheckpoint(bytes, "memory", again.model, again.trainer, { model: "resnet" });
  expect(again.trainer.state()).toMatchObject({ epoch: 2, step: 1 });
  const state = await finish(again);
  expect(state).toEqual(await finish(start()));
  stopped.trainer.dispose();
  stopped.model.dispose();
});

test("a checkpoint that names no network is of emotion-cnn", async () => {
  const { model, trainer } = start();
  const bytes = await encodeCheckpoint(model, trainer, { seed: 1 }, {});
  const load = (name: string) => () => loadCheckpoint(bytes, "old", model, trainer, { model: name, seed: 1 });
  expect(load("emotion-cnn")).not.toThrow();
  expect(load("resnet")).toThrow(DataError);
  expect(load("resnet")).toThrow(
    /^resume: model differs from that of old, got "resnet", expected "emotion-cnn"/,
  );
  trainer.dispose();
  model.dispose();
});

test("a training state that is no JSON is a DataError", async () => {
  const { model, trainer } = start();
  const { tensors, metadata } = decodeSafetensors(await encodeCheckpoint(model, trainer, { seed: 1 }, {}));
  for (const key of ["settings", "trainer"]) {
    const bytes = encodeSafetensors(tensors, { ...metadata, [key]: "{" });
    const load = () => loadCheckpoint(bytes, "it", model, trainer, { seed: 1 });
    expect(load).toThrow(DataError);
    expect(load).toThrow(/^resume: the training state of it is damaged, got {/);
  }
  trainer.dispose();
  model.dispose();
});
