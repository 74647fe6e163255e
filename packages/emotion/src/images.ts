/**
 * The containers that carry images from a source (a folder, the built-in faces) to the device.
 *
 * An image is uint8 and planar, `[C, S, S]`: first all reds, then all greens, then all blues. All images of a set
 * lie behind one another in one array, which is uploaded once; what happens to a pixel afterwards (augmentation,
 * normalisation) happens on the device, batch by batch.
 */

import { ArgumentError } from "@mien/tensor";
import { EMOTIONS } from "./classes.ts";

/** Labelled square images of one size. */
export interface ImageSet {
  /** `[N, C, S, S]`, planar. */
  readonly images: Uint8Array;
  /** `[N]`, indices into `EMOTIONS`. */
  readonly labels: Int32Array;
  /** N. */
  readonly count: number;
  /** C: 1 for grey, 3 for RGB. */
  readonly channels: 1 | 3;
  /** S: width and height in pixels. */
  readonly size: number;
  /** Where each image came from, when it came from a file. */
  readonly files?: readonly string[];
}

/** A whole data set, already split. */
export interface FaceData {
  readonly train: ImageSet;
  readonly validation: ImageSet;
  readonly test: ImageSet;
  /** One line for the terminal: what these faces are and how many. */
  readonly source: string;
}

/** The names of the parts of a data set, in the order in which they are used. */
export const SPLITS = ["train", "validation", "test"] as const;

/** One part of a data set. */
export type Split = (typeof SPLITS)[number];

/** How many images each class has, in the order of `EMOTIONS`. */
export function classCounts(set: ImageSet): number[] {
  const counts = EMOTIONS.map(() => 0);
  for (const label of set.labels) counts[label]! += 1;
  return counts;
}

/**
 * The image at `index` as a view `[C, S, S]`, not a copy.
 *
 * @throws ArgumentError when the set has no such image.
 */
export function imageAt(set: ImageSet, index: number): Uint8Array {
  if (!Number.isInteger(index) || index < 0 || index >= set.count) {
    throw new ArgumentError(`imageAt: no such image, got index ${index}, expected 0 to ${set.count - 1}`);
  }
  const length = set.channels * set.size * set.size;
  return set.images.subarray(index * length, (index + 1) * length);
}
