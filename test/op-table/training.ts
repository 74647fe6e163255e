/**
 * Rows for the batch that goes into a training step.
 */

import { ArgumentError, type AugmentOptions, augment, DTypeError, ShapeError } from "@mien/tensor";
import { bytes, dense, float32, type Init, ints, Recipe, type Row, row } from "./row.ts";

const imagenet: AugmentOptions = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

/** Noise. */
const images = (shape: readonly number[]): Recipe => dense(bytes(shape));

/** Soft waves of brightness: noise would magnify the last digit of a coordinate. */
const photographs = (shape: readonly number[]): Recipe =>
  dense(new Recipe(shape, "uint8", (_, i) => 128 + Math.round(90 * Math.sin(i / 7) * Math.cos(i / 500))));

/** Which images: each below `count`. */
const picks = (batch: number, count: number): Recipe => ints([batch], 0, count - 1);

const identity = [1, 0, 0, 0, 1, 0, 1, 1, 1, 0];

/** Rows of ten numbers which are `means`, each with a random part of size `spreads`. */
function transforms(batch: number, spreads: readonly number[]): Recipe {
  const init: Init = (random, i) => identity[i % 10]! + spreads[i % 10]! * random.uniform(-1, 1);
  return float32([batch, 10], init);
}

const none = new Array<number>(10).fill(0);
const warp = [0.3, 0.3, 2, 0.3, 0.3, 2, 0, 0, 0, 0];
const colour = [0, 0, 0, 0, 0, 0, 0.3, 0.3, 0.3, 0.1];
const all = warp.map((spread, i) => spread + colour[i]!);

const augmentRow = row("augment", augment, {
  method: null,
  samples: {
    identity: [images([3, 3, 4, 5]), picks(2, 3), transforms(2, none), imagenet],
    "one grey channel": [images([3, 1, 4, 5]), picks(4, 3), transforms(4, none), imagenet],
    warp: [images([2, 3, 6, 7]), picks(3, 2), transforms(3, warp), imagenet],
    colour: [images([2, 3, 5, 5]), picks(3, 2), transforms(3, colour), imagenet],
    "all of it": [images([3, 3, 7, 5]), picks(4, 3), transforms(4, all), imagenet],
    "all of it, grey": [images([3, 1, 7, 5]), picks(4, 3), transforms(4, all), imagenet],
    "another size": [images([2, 3, 6, 6]), picks(2, 2), transforms(2, warp), { ...imagenet, size: [5, 9] }],
    "one pixel": [images([1, 3, 1, 1]), picks(1, 1), transforms(1, colour), imagenet],
    "an empty batch": [images([1, 3, 4, 4]), picks(0, 1), transforms(0, none), imagenet],
  },
  large: { photographs: [photographs([5, 3, 48, 48]), picks(6, 5), transforms(6, all), imagenet] },
  errors: {
    "images of floats": [
      [float32([2, 3, 4, 4]), picks(1, 2), transforms(1, none), imagenet],
      DTypeError,
      /^augment: images of the wrong type, got float32, expected uint8/,
    ],
    "two channels": [
      [images([1, 2, 4, 4]), picks(1, 1), transforms(1, none), imagenet],
      ShapeError,
      /^augment: got images \[1, 2, 4, 4\], expected 1 or 3 channels/,
    ],
    "a transform too few": [
      [images([1, 3, 4, 4]), picks(2, 1), transforms(1, none), imagenet],
      ShapeError,
      /^augment: got transforms \[1, 10\], expected \[2, 10\]/,
    ],
    "size 0": [
      [images([1, 3, 4, 4]), picks(1, 1), transforms(1, none), { ...imagenet, size: [0, 4] }],
      ArgumentError,
      /^augment: invalid size, got 0, expected a whole number of at least 1/,
    ],
  },
});

export const trainingRows: readonly Row[] = [augmentRow];
