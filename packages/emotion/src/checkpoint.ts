/**
 * A checkpoint: a model file that also holds all that training needs to go on.
 *
 * Weights, the optimizer's averages and the trainer's place are one file, so they are always of one moment. Anything
 * that reads model files reads a checkpoint too; the rest lies under names that begin with `optimizer.`.
 */

import { DataError, decodeSafetensors, MienError, type StateSource, type Tensor } from "mien";
import { encodeModel, type ModelInfo, OPTIMIZER_PREFIX } from "./model-file.ts";
import type { EmotionModel } from "./networks/index.ts";
import type { Trainer } from "./trainer.ts";
import { expectTensors, type TrainerState } from "./trainer-state.ts";

/** What must be the same when a training goes on, such as seed, batch size and the data's fingerprint. */
export type Settings = Readonly<Record<string, unknown>>;

/** The bytes of a checkpoint. */
export function encodeCheckpoint(
  model: EmotionModel,
  trainer: Trainer,
  settings: Settings,
  info: ModelInfo,
): Promise<Uint8Array<ArrayBuffer>> {
  const { tensors, ...place } = trainer.state();
  const averages = new Map(
    Array.from(tensors, ([name, value]) => [OPTIMIZER_PREFIX + name, value as Tensor]),
  );
  return encodeModel(model, info, averages, {
    trainer: JSON.stringify(place),
    settings: JSON.stringify(settings),
  });
}

/**
 * Puts model and trainer where the checkpoint's were. All is checked before anything is written, so both stay as they
 * are when the file is refused.
 *
 * @param name of the file, for messages
 * @throws DataError if the file is no checkpoint, was made with other settings, or says what this training cannot have
 *   written; it names the first field, what is there and what is expected
 */
export function loadCheckpoint(
  bytes: Uint8Array,
  name: string,
  model: EmotionModel,
  trainer: Trainer,
  settings: Settings,
): void {
  try {
    const { tensors, metadata } = decodeSafetensors(bytes);
    const { trainer: place, settings: saved } = metadata;
    if (!place || !saved) {
      throw new DataError("it holds no training state, expected last_model.safetensors of a training");
    }
    expectSame(settings, parse(saved, "settings"));
    const part = (ofOptimizer: boolean): StateSource =>
      new Map(
        [...tensors]
          .filter(([key]) => key.startsWith(OPTIMIZER_PREFIX) === ofOptimizer)
          .map(([key, value]) => [ofOptimizer ? key.slice(OPTIMIZER_PREFIX.length) : key, value]),
      );
    const weights = part(false);
    expectTensors(weights, model.stateDict());
    trainer.load({ ...(parse(place, "trainer") as Omit<TrainerState, "tensors">), tensors: part(true) });
    model.loadStateDict(weights);
  } catch (cause) {
    if (!(cause instanceof MienError)) throw cause;
    throw new DataError(`resume: cannot go on from ${name}: ${cause.message}`, { cause });
  }
}

/** @throws DataError that names the first setting that is not as it was */
function expectSame(settings: Settings, saved: unknown): void {
  // Files from before there was a choice do not name their network.
  const before: Settings = { model: "emotion-cnn", ...(saved as Settings) };
  for (const key of Object.keys(settings)) {
    const [got, expected] = [settings[key], before[key]].map((value) => JSON.stringify(value));
    if (got === expected) continue;
    throw new DataError(
      `${key} differs from that of the file, got ${got}, expected ${expected}. ` +
        "Help: use the settings of the interrupted training, or start anew without --resume",
    );
  }
}

function parse(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(`its ${what} are no JSON, got ${text.slice(0, 60)}`, { cause });
  }
}
