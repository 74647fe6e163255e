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
  type StateDict,
  toHost,
} from "mien";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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
    /^resume: cannot go on from old: model differs from that of the file, got "resnet", expected "emotion-cnn"/,
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
    expect(load).toThrow(/^resume: cannot go on from it: its (settings|trainer) are no JSON, got {/);
  }
  trainer.dispose();
  model.dispose();
});

describe("a training state that this training cannot have written", () => {
  /** After one epoch and two of three steps of the second. */
  let written: Uint8Array;
  let course: ReturnType<typeof start>;
  beforeAll(async () => {
    const stop = new AbortController();
    const stopped = start({
      signal: stop.signal,
      onStep: ({ epoch, step }) => {
        if (epoch === 2 && step === 2) stop.abort();
      },
    });
    for await (const _ of stopped.trainer.run());
    written = await encodeCheckpoint(stopped.model, stopped.trainer, {}, {});
    stopped.trainer.dispose();
    stopped.model.dispose();
    course = start();
  });
  afterAll(() => {
    course.trainer.dispose();
    course.model.dispose();
  });

  type Json = { [key: string]: unknown };
  type Tensors = ReturnType<typeof decodeSafetensors>["tensors"];
  type Spoil = (state: Json, tensors: Tensors) => unknown;
  const INFINITE = "infinite";

  /** What is said of the file when it is spoilt so. */
  function refusal(spoil: Spoil): string {
    const { tensors, metadata } = decodeSafetensors(written.slice()); // tensors are views
    const state = JSON.parse(metadata["trainer"]!) as Json;
    spoil(state, tensors);
    // A file may say 1e999, which is read as infinity.
    const trainer = JSON.stringify(state).replaceAll(`"${INFINITE}"`, "1e999");
    const bytes = encodeSafetensors(tensors, { ...metadata, trainer });
    try {
      loadCheckpoint(bytes, "it", course.model, course.trainer, {});
    } catch (error) {
      expect(error).toBeInstanceOf(DataError);
      return (error as Error).message;
    }
    return "loaded";
  }

  /** Everything that loading could have changed. */
  const everything = async () => [
    await toHost(course.model.stateDict()),
    await toHost(course.trainer.state().tensors as StateDict),
    JSON.stringify(course.trainer.state()),
  ];

  test("is refused by the name of any of its fields, and nothing is loaded", async () => {
    const before = await everything();
    const { metadata } = decodeSafetensors(written);
    const paths: string[][] = [];
    const walk = (value: unknown, path: string[]): void => {
      if (path.length > 0) paths.push(path);
      if (typeof value !== "object" || value === null) return;
      if (path.at(-1) === "betas" || path.at(-1) === "params") return; // told as a whole
      for (const [key, inside] of Object.entries(value)) walk(inside, [...path, key]);
    };
    walk(JSON.parse(metadata["trainer"]!), []);
    expect(paths.length).toBeGreaterThan(80);
    for (const path of paths) {
      const name = path.join(".");
      for (const value of [undefined, "1", true, -1, 0.5, INFINITE, [], {}]) {
        if (value === 0.5 && /learningRate|lr$|base|Accuracy|seconds/.test(name)) continue; // might be
        if ((value === 0.5 || value === -1) && /[lL]oss|best/.test(name)) continue;
        const words = refusal((state) => {
          const parent = path.slice(0, -1).reduce((at, key) => at[key] as Json, state);
          parent[path.at(-1)!] = value;
        });
        expect(words, `${name} = ${JSON.stringify(value)}`).toMatch(
          new RegExp(
            `^resume: cannot go on from it: ${name}[.\\w]* does not fit this training, got .*, expected .`,
          ),
        );
      }
    }
    expect(await everything()).toEqual(before);
  });

  const zeros = (...shape: number[]) =>
    ({ dtype: "float32", shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) }) as const;

  test.each<[words: string, spoil: Spoil]>([
    [
      "conv1.weight does not fit this training, got none, expected float32 [2, 3, 3, 3]",
      (_, tensors) => tensors.delete("conv1.weight"),
    ],
    [
      "conv1.weight does not fit this training, got int32 [2, 3, 3, 3], expected float32 [2, 3, 3, 3]",
      (_, tensors) =>
        tensors.set("conv1.weight", { dtype: "int32", shape: [2, 3, 3, 3], data: new Int32Array(54) }),
    ],
    [
      "conv1.weight does not fit this training, got NaN, expected finite numbers",
      (_, tensors) => tensors.get("conv1.weight")!.data.fill(NaN, 7, 8),
    ],
    [
      "optimizer.0.expAvg does not fit this training, got float32 [54], expected float32 [2, 3, 3, 3]",
      (_, tensors) => tensors.set("optimizer.0.expAvg", zeros(54)),
    ],
    [
      "optimizer.0.expAvgSq does not fit this training, got -Infinity, expected finite numbers",
      (_, tensors) => tensors.get("optimizer.0.expAvgSq")!.data.fill(-Infinity),
    ],
    [
      "optimizer.99.expAvg does not fit this training, got float32 [1], expected none",
      (_, tensors) => tensors.set("optimizer.99.expAvg", zeros(1)),
    ],
    [
      "step does not fit this training, got 4, expected a whole number from 0 to 3",
      (state) => {
        state["step"] = 4;
      },
    ],
    [
      "optimizer.steps.0 does not fit this training, got 6, expected a whole number from 0 to 5",
      (state) => {
        (state["optimizer"] as { steps: number[] }).steps[0] = 6;
      },
    ],
    [
      'history does not fit this training, got [{"epoch":1}', // and so on
      (state) => {
        state["history"] = [{ epoch: 1 }, { epoch: 2 }];
      },
    ],
    [
      "schedule.plateau does not fit this training, got null, expected best, numBadEpochs, cooldownCounter, lastEpoch",
      (state) => {
        (state["schedule"] as Json)["plateau"] = null; // that of a cosine
      },
    ],
    [
      "totals.images does not fit this training, got 15, expected 16",
      (state) => {
        (state["totals"] as Json)["images"] = 15;
      },
    ],
  ])("%s", (words, spoil) => {
    expect(refusal(spoil)).toContain(`resume: cannot go on from it: ${words}`);
  });

  test("as it was written it is loaded", async () => {
    expect(refusal(() => {})).toBe("loaded");
    expect(course.trainer.state()).toMatchObject({ epoch: 2, step: 2 });
  });
});
