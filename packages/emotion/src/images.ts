/**
 * The containers that carry images from a source (a folder, the built-in faces) to the device.
 *
 * An image is uint8 and planar, `[C, S, S]`: first all reds, then all greens, then all blues. All images of a set
 * lie behind one another in one array, which is uploaded once; what happens to a pixel afterwards (augmentation,
 * normalisation) happens on the device, batch by batch.
 */

import { ArgumentError } from "@mien/tensor";
import { EMOTIONS } from "./classes.ts";

/** One image as a decoder gives it: interleaved, `[height, width, channels]`. */
export interface DecodedImage {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

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

/** The image with one channel or three: grey is repeated, colours become their luma (ITU-R 601, as in JPEG). */
export function withChannels(image: DecodedImage, channels: 1 | 3): DecodedImage {
  if (image.channels === channels) return image;
  const { width, height, data: from } = image;
  const count = width * height;
  const data = new Uint8Array(count * channels);
  if (channels === 3) {
    for (let pixel = 0; pixel < count; pixel++) data.fill(from[pixel]!, 3 * pixel, 3 * pixel + 3);
  } else {
    for (let pixel = 0; pixel < count; pixel++) {
      const [red, green, blue] = [from[3 * pixel]!, from[3 * pixel + 1]!, from[3 * pixel + 2]!];
      data[pixel] = (red * 19595 + green * 38470 + blue * 7471 + 32768) >> 16;
    }
  }
  return { width, height, channels, data };
}

/** The pixels of an image in planar order, `[channels, height, width]`. */
export function toPlanar(image: DecodedImage): Uint8Array {
  if (image.channels === 1) return image.data;
  const count = image.width * image.height;
  const planar = new Uint8Array(3 * count);
  for (let pixel = 0; pixel < count; pixel++) {
    planar[pixel] = image.data[3 * pixel]!;
    planar[count + pixel] = image.data[3 * pixel + 1]!;
    planar[2 * count + pixel] = image.data[3 * pixel + 2]!;
  }
  return planar;
}
