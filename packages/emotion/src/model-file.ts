/**
 * A model as a file: safetensors, with all that is needed to use it in its metadata.
 *
 * The weights alone would not do: the classes' order, the image size and the normalisation decide what the numbers
 * mean, and programs that had to guess them have given wrong answers. So they travel with the weights, and a file
 * that lacks them, or is of an unknown network, is refused.
 */

import {
  DataError,
  type Device,
  decodeSafetensors,
  encodeStateDict,
  Generator,
  MienError,
  type SafetensorsOptions,
  type Tensor,
} from "mien";
import { EMOTIONS } from "./classes.ts";
import { ARCHITECTURES, type Architecture, type EmotionModel, titleOf } from "./networks/index.ts";
import { IMAGENET_NORMALISATION } from "./transforms.ts";

/** What is known of a model beside its weights. Values that JSON can hold. */
export type ModelInfo = Readonly<Record<string, unknown>>;

/** How the names of tensors begin that are not the model's but its optimizer's; see `checkpoint.ts`. */
export const OPTIMIZER_PREFIX = "optimizer.";

/**
 * The bytes of a model file.
 *
 * @param info such as epoch, seed, metrics: kept in the metadata under `training`
 * @param extra further tensors, under names that begin with OPTIMIZER_PREFIX
 * @param words further metadata
 */
export function encodeModel(
  model: EmotionModel,
  info: ModelInfo,
  extra: ReadonlyMap<string, Tensor> = new Map(),
  words: Readonly<Record<string, string>> = {},
  options: SafetensorsOptions = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const metadata = {
    ...words,
    format: "mien",
    architecture: titleOf(model),
    config: JSON.stringify(model.config),
    classes: JSON.stringify(EMOTIONS),
    normalisation: JSON.stringify(IMAGENET_NORMALISATION),
    training: JSON.stringify(info),
  };
  return encodeStateDict(new Map([...model.stateDict(), ...extra]), metadata, options);
}

/**
 * Builds the model that a file holds.
 *
 * @param name of the file, for messages
 * @throws DataError if the file is damaged, or of an unknown architecture, other classes or another normalisation
 */
export function decodeModel(
  bytes: Uint8Array,
  name: string,
  device: Device,
): { model: EmotionModel; info: ModelInfo } {
  try {
    const { tensors, metadata } = decodeSafetensors(bytes);
    const architecture = architectureOf(metadata["architecture"]);
    expectSame("classes", metadata["classes"], JSON.stringify(EMOTIONS));
    expectSame("normalisation", metadata["normalisation"], JSON.stringify(IMAGENET_NORMALISATION));
    const state = new Map([...tensors].filter(([key]) => !key.startsWith(OPTIMIZER_PREFIX)));
    const generator = new Placeholders(Array.from(state.values(), ({ data }) => data.length));
    const model = architecture.build(parseJson(metadata["config"] ?? "{}"), { device, generator });
    if (!model) throw new DataError(`config of the file is not understood, got ${metadata["config"]}`);
    model.loadStateDict(state);
    return { model, info: infoOf(metadata["training"] ?? "{}") };
  } catch (cause) {
    if (!(cause instanceof MienError)) throw cause;
    throw new DataError(`model: cannot use ${name}: ${cause.message}`, { cause });
  }
}

/**
 * Instead of initial weights, which those of the file replace: zeros, and not many more than the file has numbers.
 * Or a small file could claim a large network, and keep a machine busy with it.
 */
class Placeholders extends Generator {
  readonly #count: number;
  #drawn = 0;

  constructor(lengths: readonly number[]) {
    super();
    this.#count = lengths.reduce((sum, length) => sum + length, 0);
  }

  override uniform(): number {
    return this.#draw();
  }

  override normal(): number {
    return this.#draw();
  }

  #draw(): number {
    // A layer initialises itself, and most networks do so once more.
    if (++this.#drawn > 2 * this.#count) {
      throw new DataError(
        `config of the file does not fit, got a larger network, expected one of ${this.#count} weights`,
      );
    }
    return 0;
  }
}

/** What was written under `training`. */
function infoOf(text: string): ModelInfo {
  const info = parseJson(text);
  if (typeof info === "object" && info !== null) return info as ModelInfo;
  throw new DataError(`training of the file is not understood, got ${text.slice(0, 60)}`);
}

function expectSame(what: string, got: string | undefined, expected: string): void {
  if (got !== expected) {
    throw new DataError(`${what} of the file does not fit, got ${got ?? "none"}, expected ${expected}`);
  }
}

function architectureOf(title: string | undefined): Architecture {
  const all = Object.values(ARCHITECTURES);
  const found = all.find((each) => each.title === title);
  if (found) return found;
  throw new DataError(
    `architecture of the file does not fit, got ${title ?? "none"}, ` +
      `expected one of ${all.map((each) => each.title).join(", ")}`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
