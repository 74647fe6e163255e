/**
 * A face as an image that an SVG can embed: a PNG inside a data URL.
 *
 * The network's images are planar (all reds, then all greens, then all blues), files are interleaved (red, green and
 * blue of each pixel together): the one idea here is the walk from the first order to the second.
 */

import { ArgumentError } from "@mien/tensor";
import { PNG } from "pngjs";
import { SCALE } from "./theme.ts";

/** One image as the data set holds it. */
export interface Face {
  /** uint8 `[C, S, S]`, planar. */
  readonly image: Uint8Array;
  /** C: 1 for grey, 3 for RGB. */
  readonly channels: 1 | 3;
  /** S: width and height in pixels. */
  readonly size: number;
}

/**
 * The face as the URL of a PNG.
 *
 * @throws ArgumentError when the image has not channels * size * size bytes
 */
export function faceUrl({ image, channels, size }: Face): string {
  const pixels = size * size;
  if (image.length !== channels * pixels) {
    throw new ArgumentError(
      `picture: the image does not fit its shape, got ${image.length} bytes, ` +
        `expected ${channels} x ${size} x ${size} = ${channels * pixels}`,
    );
  }
  const png = new PNG({ width: size, height: size });
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < 3; c++) png.data[4 * pixel + c] = image[(c % channels) * pixels + pixel]!;
    png.data[4 * pixel + 3] = 255;
  }
  return `data:image/png;base64,${PNG.sync.write(png, { colorType: 2 }).toString("base64")}`;
}

/**
 * How large to draw a face of `size` pixels, in units of the drawing: as near to `wish` as can be, so that each of its
 * pixels becomes a whole number of the picture's.
 */
export function faceSide(size: number, wish: number): number {
  return (size * Math.max(1, Math.round((SCALE * wish) / size))) / SCALE;
}
