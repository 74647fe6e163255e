/**
 * The configuration: one schema for types, defaults, ranges, help texts and flags.
 *
 * A value comes from the defaults, from `mien.config.ts` (or `--config FILE`), or from a flag; the later wins. The keys
 * are flat, so that each has one flag of its name and one line in `mien config`.
 */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { DEVICE_CHOICES, MienError } from "mien";
import { z } from "zod";
import { DEFAULT_CNN } from "../model.ts";
import { MODEL_NAMES } from "../networks/index.ts";
import { DEFAULT_SCHEDULE } from "../schedule.ts";
import { DEFAULT_AUGMENTATION } from "../transforms.ts";

/** A command line or configuration that cannot be used: exit code 2. */
export class UsageError extends MienError {
  override readonly name = "UsageError";
}

const whole = (least: number, most = 1_000_000) => z.int().min(least).max(most);
const share = z.number().min(0).max(1);
const rate = z.number().positive();

/** Every setting. The description is its help text. */
export const configSchema = z.strictObject({
  data: z
    .string()
    .nullable()
    .default(null)
    .describe("folder {train,validation,test}/{happy,neutral,sad,surprise}; none: built-in faces"),
  device: z.enum(DEVICE_CHOICES).default("auto").describe("where to compute"),
  threads: whole(1, 256).nullable().default(null).describe("threads of the CPU device; none: all"),
  matmulPrecision: z
    .enum(["highest", "medium"])
    .default("highest")
    .describe("of WebGPU: medium multiplies half floats"),
  seed: z.int().min(0).default(42).describe("makes a run repeatable"),
  epochs: whole(1)
    .nullable()
    .default(null)
    .describe("most epochs to train; none: 50, or 6 on the built-in faces"),
  batchSize: whole(1, 65_536).default(64).describe("images per step"),
  learningRate: rate.default(0.001).describe("the first learning rate of Adam"),
  weightDecay: z.number().min(0).default(0).describe("pulls weights to 0"),
  clipGradNorm: rate.nullable().default(null).describe("largest norm of the gradients; none: no clipping"),
  labelSmoothing: share.default(0).describe("share of a target spread over all classes"),
  classWeights: z.boolean().default(true).describe("let rare classes count more"),
  scheduler: z
    .enum(["plateau", "cosine", "none"])
    .default(DEFAULT_SCHEDULE.name)
    .describe("how the learning rate falls"),
  schedulerFactor: z
    .number()
    .gt(0)
    .lt(1)
    .default(DEFAULT_SCHEDULE.factor)
    .describe("of plateau: what the rate is multiplied by"),
  schedulerPatience: whole(0)
    .default(DEFAULT_SCHEDULE.patience)
    .describe("of plateau: epochs without a lower validation loss"),
  warmupEpochs: z
    .number()
    .min(0)
    .default(DEFAULT_SCHEDULE.warmupEpochs)
    .describe("epochs over which the rate rises first"),
  earlyStopping: z.boolean().default(true).describe("stop when the validation accuracy stops rising"),
  earlyStoppingPatience: whole(1).default(10).describe("epochs without a higher validation accuracy"),
  model: z.enum(MODEL_NAMES).default("emotion-cnn").describe("the network to train"),
  imageSize: whole(4, 512).default(DEFAULT_CNN.imageSize).describe("width and height of the network's input"),
  convChannels: z
    .tuple([whole(1, 4096), whole(1, 4096)])
    .default([...DEFAULT_CNN.convChannels])
    .describe("of emotion-cnn: channels of the two convolutions, as 16,32"),
  hiddenSize: whole(1, 65_536)
    .default(DEFAULT_CNN.hidden)
    .describe("of emotion-cnn: width of the first dense layer"),
  augment: z.boolean().default(true).describe("change the training images at random"),
  flip: share.default(DEFAULT_AUGMENTATION.flip).describe("probability of a mirror image"),
  rotation: z
    .number()
    .min(0)
    .max(180)
    .default(DEFAULT_AUGMENTATION.rotation)
    .describe("largest rotation to either side, degrees"),
  cropScale: z
    .tuple([share, share])
    .default([...DEFAULT_AUGMENTATION.cropScale])
    .describe("share of the area a crop keeps, as 0.8,1"),
  brightness: share.default(DEFAULT_AUGMENTATION.brightness).describe("brightness factor in 1 +- this"),
  contrast: share.default(DEFAULT_AUGMENTATION.contrast).describe("contrast factor in 1 +- this"),
  saturation: share.default(DEFAULT_AUGMENTATION.saturation).describe("saturation factor in 1 +- this"),
  hue: z
    .number()
    .min(0)
    .max(0.5)
    .default(DEFAULT_AUGMENTATION.hue)
    .describe("hue turned by up to this part of the circle"),
  capture: z
    .boolean()
    .default(true)
    .describe("replay recorded steps: the same results, less work for the host"),
  profile: z
    .boolean()
    .default(false)
    .describe("time every kernel in some early steps and print a table: where the time goes"),
  models: z.string().min(1).default("models").describe("folder of models and history"),
  results: z.string().min(1).default("results").describe("folder of reports and pictures"),
  tensorboard: z
    .string()
    .min(1)
    .nullable()
    .default(null)
    .describe("folder of a TensorBoard log; none: no log"),
  skipBad: z.boolean().default(false).describe("leave out images that cannot be read, instead of stopping"),
});

export type Config = z.output<typeof configSchema>;
/** What a configuration file may hold. */
export type UserConfig = z.input<typeof configSchema>;
export type ConfigKey = keyof Config;
/** All keys, in the order of the help. */
export const CONFIG_KEYS = Object.keys(configSchema.shape) as readonly ConfigKey[];

/** For `mien.config.ts`: gives the editor the types. */
export function defineConfig(config: UserConfig): UserConfig {
  return config;
}

/** A checked configuration, and where each value is from. */
export interface EffectiveConfig {
  readonly config: Config;
  readonly sources: Readonly<Record<ConfigKey, string>>;
}

const DEFAULT_FILES = ["mien.config.ts", "mien.config.js", "mien.config.mjs", "mien.config.json"];

/** The flag of a key: `--batch-size`. */
export function flagOf(key: string): string {
  return `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/**
 * Merges defaults, configuration file and flags, and checks the result.
 *
 * @param flags values by key, as they came from the command line; keys that were not given are absent
 * @param file given by `--config`; without it, `mien.config.ts` in the current folder, if there is one
 * @throws UsageError that names every key that is unknown or out of range, its value and where it came from
 */
export async function loadConfig(
  flags: Readonly<Record<string, unknown>>,
  file?: string,
): Promise<EffectiveConfig> {
  const path = file ?? DEFAULT_FILES.find((name) => existsSync(name));
  const fromFile = path ? await readConfigFile(path) : {};
  const merged = { ...fromFile, ...flags };
  const sourceOf = (key: string) =>
    Object.hasOwn(flags, key) ? flagOf(key) : Object.hasOwn(fromFile, key) ? path! : "default";
  const parsed = configSchema.safeParse(merged);
  if (!parsed.success) {
    const complaints = parsed.error.issues.map((issue) => {
      const key = issue.path.join(".");
      const where = issue.code === "unrecognized_keys" ? path : sourceOf(String(issue.path[0]));
      const got = key
        ? `${key} (from ${where}): got ${JSON.stringify(valueAt(merged, issue.path))}, `
        : `${where}: `;
      return `${got}${issue.message.charAt(0).toLowerCase()}${issue.message.slice(1)}`;
    });
    throw new UsageError(
      `config: ${complaints.join("; ")}. Help: mien config shows all keys and where values come from`,
    );
  }
  const sources = Object.fromEntries(CONFIG_KEYS.map((key) => [key, sourceOf(key)])) as Record<
    ConfigKey,
    string
  >;
  return { config: parsed.data, sources };
}

/** @throws UsageError, in the name of a command, for a precision that the device does not have */
export function checkPrecision(command: string, { device, matmulPrecision }: Config): void {
  if (matmulPrecision === "highest" || (device !== "cpu" && device !== "reference")) return;
  throw new UsageError(
    `${command}: ${flagOf("matmulPrecision")} ${matmulPrecision} is for webgpu alone, got --device ${device}`,
  );
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  const value = path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    root,
  );
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

async function readConfigFile(path: string): Promise<Record<string, unknown>> {
  if (!existsSync(path)) throw new UsageError(`config: there is no file ${path}. Help: check --config`);
  let loaded: unknown;
  try {
    if (extname(path) === ".json") loaded = JSON.parse(await readFile(path, "utf8"));
    else {
      const module = (await import(pathToFileURL(resolve(path)).href)) as {
        default?: unknown;
        config?: unknown;
      };
      loaded = module.default ?? module.config;
    }
  } catch (cause) {
    throw new UsageError(`config: cannot load ${path}: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
  if (typeof loaded !== "object" || loaded === null || Array.isArray(loaded)) {
    throw new UsageError(
      `config: ${path} holds no object, expected \`export default { epochs: 30 }\` or the like`,
    );
  }
  return { ...loaded };
}
