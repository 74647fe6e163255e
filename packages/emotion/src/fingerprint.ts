/**
 * A short name for what a set of images holds, to notice that a training goes on with other data.
 */

import type { ImageSet } from "./images.ts";

/** 32 bits over labels and pixels by FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), with the set's size. */
export function fingerprint({ images, labels, count, channels, size }: ImageSet): string {
  let hash = 0x811c9dc5;
  const add = (byte: number) => {
    hash = Math.imul(hash ^ byte, 0x01000193);
  };
  for (const label of labels) add(label);
  for (const pixel of images) add(pixel);
  return `${count}x${channels}x${size}-${(hash >>> 0).toString(16).padStart(8, "0")}`;
}
