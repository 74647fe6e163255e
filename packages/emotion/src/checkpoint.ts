/**
 * A checkpoint: a model file that also holds all that training needs to go on.
 *
 * Weights, the optimizer's averages and the trainer's place are one file, so they are always of one moment. Anything
 * that reads model files reads a checkpoint too; the rest lies under names that begin with `optimizer.`.
 */

import { DataError, decodeSafetensors, type StateSource, type Tensor } from "mien";
import { encodeModel, type ModelInfo, OPTIMIZER_PREFIX } from "./model-file.ts";
import type { EmotionModel } from "./networks/index.ts";
import type { Trainer, TrainerState } from "./trainer.ts";

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
 * Puts model and trainer where the checkpoint's were.
 *
 * @param name of the file, for messages
 * @throws DataError if the file is no checkpoint, or was made with other settings, of which it names the first
 */
export function loadCheckpoint(
  bytes: Uint8Array,
  name: string,
  model: EmotionModel,
  trainer: Trainer,
  settings: Settings,
): void {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { trainer: place, settings: saved } = metadata;
  if (!place || !saved) {
    throw new DataError(
      `resume: ${name} holds no training state, expected last_model.safetensors of a training`,
    );
  }
  // Files from before there was a choice do not name their network.
  const before: Settings = { model: "emotion-cnn", ...(parse(saved, name) as Settings) };
  for (const key of Object.keys(settings)) {
    const [got, expected] = [settings[key], before[key]].map((value) => JSON.stringify(value));
    if (got !== expected) {
      throw new DataError(
        `resume: ${key} differs from that of ${name}, got ${got}, expected ${expected}. ` +
          "Help: use the settings of the interrupted training, or start anew without --resume",
      );
    }
  }
  const part = (ofOptimizer: boolean): StateSource =>
    new Map(
      [...tensors]
        .filter(([key]) => key.startsWith(OPTIMIZER_PREFIX) === ofOptimizer)
        .map(([key, value]) => [ofOptimizer ? key.slice(OPTIMIZER_PREFIX.length) : key, value]),
    );
  const state = parse(place, name) as Omit<TrainerState, "tensors">;
  model.loadStateDict(part(false));
  trainer.load({ ...state, tensors: part(true) });
}

function parse(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DataError(`resume: the training state of ${name} is damaged, got ${text.slice(0, 60)}`, {
      cause,
    });
  }
}
