/**
 * The networks there are, by the names under which they are chosen and the names that stand in model files.
 */

import type { LayerOptions } from "mien";
import { DEFAULT_CNN, EmotionCNN } from "../model.ts";
import { DEFAULT_MOBILENET, EmotionMobileNet } from "./mobilenet.ts";
import { DEFAULT_RESNET, EmotionResNet } from "./resnet.ts";

/** A network that reads faces: [N, 3, S, S] to logits [N, 4], where S is its `config.imageSize`. */
export type EmotionModel = EmotionCNN | EmotionResNet | EmotionMobileNet;

/** One kind of network. */
export interface Architecture {
  /** The word for it in files. */
  readonly title: string;
  /** Builds it with these sizes over its defaults; null if they are none. Sizes that it does not have are left alone. */
  build(sizes: unknown, options: LayerOptions): EmotionModel | null;
}

export const MODEL_NAMES = ["emotion-cnn", "resnet", "mobilenet"] as const;
export type ModelName = (typeof MODEL_NAMES)[number];

export const ARCHITECTURES: Readonly<Record<ModelName, Architecture>> = {
  "emotion-cnn": architecture("EmotionCNN", EmotionCNN, DEFAULT_CNN),
  resnet: architecture("EmotionResNet", EmotionResNet, DEFAULT_RESNET),
  mobilenet: architecture("EmotionMobileNet", EmotionMobileNet, DEFAULT_MOBILENET),
};

/** The word for a model's kind in files. */
export function titleOf(model: EmotionModel): string {
  if (model instanceof EmotionCNN) return ARCHITECTURES["emotion-cnn"].title;
  if (model instanceof EmotionResNet) return ARCHITECTURES.resnet.title;
  return ARCHITECTURES.mobilenet.title;
}

function architecture<Sizes extends object>(
  title: string,
  type: new (options: Partial<Sizes> & LayerOptions) => EmotionModel,
  defaults: Sizes,
): Architecture {
  return {
    title,
    build(given, options) {
      const sizes = sizesLike(defaults, given);
      return sizes && new type({ ...sizes, ...options });
    },
  };
}

/** `given` over `defaults`, or null: a size has to be a whole number from 1 to 65,536, a list as long as the default's. */
function sizesLike<Sizes extends object>(defaults: Sizes, given: unknown): Sizes | null {
  if (typeof given !== "object" || given === null) return null;
  const isSize = (n: unknown) => Number.isInteger(n) && (n as number) >= 1 && (n as number) <= 65_536;
  const entries = Object.entries(defaults).map(([key, fallback]: [string, unknown]) => {
    const value: unknown = (given as Record<string, unknown>)[key] ?? fallback;
    const fits = Array.isArray(fallback)
      ? Array.isArray(value) && value.length === fallback.length && value.every(isSize)
      : isSize(value);
    return [key, fits ? value : null] as const;
  });
  return entries.every(([, value]) => value !== null) ? (Object.fromEntries(entries) as Sizes) : null;
}
