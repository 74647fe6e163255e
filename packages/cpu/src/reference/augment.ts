/**
 * Augmentation: a batch of images is picked, warped, recoloured and normalised in one pass.
 *
 * The warp runs backwards. For every output pixel it asks where in the input that pixel comes from, and mixes the
 * four neighbours of that place (bilinear interpolation), so the output has no holes whatever the map. All colour
 * steps are small functions of one pixel; only contrast looks at the whole image, for the mean of its grey.
 */

import type { TypedArray } from "@mien/tensor";
import type { Arrays, Params } from "./kernel.ts";

/** Red, green and blue, each in 0..1. */
type Rgb = readonly [number, number, number];

const VALUES_PER_TRANSFORM = 10;

export function augment(
  [images, indices, transforms, out]: Arrays<"augment">,
  params: Params<"augment">,
): void {
  const { batch, channels, hIn, wIn, hOut, wOut, mean, std } = params;
  const area = hOut * wOut;
  for (let sample = 0; sample < batch; sample++) {
    const start = sample * VALUES_PER_TRANSFORM;
    const transform = Array.from(transforms.subarray(start, start + VALUES_PER_TRANSFORM));
    const imageStart = indices[sample]! * channels * hIn * wIn;
    const warped = Array.from({ length: area }, (_, i): Rgb => {
      const [column, row] = sourceOf(i % wOut, Math.floor(i / wOut), transform, params);
      const channelAt = (c: number): number =>
        bilinear(images, imageStart + Math.min(c, channels - 1) * hIn * wIn, hIn, wIn, row, column) / 255;
      return [channelAt(0), channelAt(1), channelAt(2)];
    });
    recolour(warped, transform).forEach((rgb, i) => {
      for (let c = 0; c < 3; c++) out[(sample * 3 + c) * area + i] = (rgb[c]! - mean[c]!) / std[c]!;
    });
  }
}

/** Where in the input the output pixel (column, row) comes from; both are measured from the images' centres. */
function sourceOf(
  column: number,
  row: number,
  transform: readonly number[],
  { hIn, wIn, hOut, wOut }: Params<"augment">,
): [column: number, row: number] {
  const x = column - (wOut - 1) / 2;
  const y = row - (hOut - 1) / 2;
  const [xx, xy, x0, yx, yy, y0] = transform as [number, number, number, number, number, number];
  return [xx * x + xy * y + x0 + (wIn - 1) / 2, yx * x + yy * y + y0 + (hIn - 1) / 2];
}

/** The value of a plane between its pixels; outside it is 0. */
function bilinear(
  images: TypedArray,
  start: number,
  height: number,
  width: number,
  row: number,
  column: number,
): number {
  const top = Math.floor(row);
  const left = Math.floor(column);
  let value = 0;
  for (const h of [top, top + 1]) {
    for (const w of [left, left + 1]) {
      if (h < 0 || h >= height || w < 0 || w >= width) continue;
      value += (1 - Math.abs(row - h)) * (1 - Math.abs(column - w)) * images[start + h * width + w]!;
    }
  }
  return value;
}

/** Brightness, contrast, saturation and hue, in this order; each step clamps to 0..1. */
function recolour(pixels: readonly Rgb[], transform: readonly number[]): readonly Rgb[] {
  const [brightness, contrast, saturation, hue] = transform.slice(6) as [number, number, number, number];
  let result = pixels;
  if (brightness !== 1) {
    result = result.map((rgb) => eachChannel(rgb, (value) => clamp(value * brightness)));
  }
  if (contrast !== 1) {
    const mean = result.reduce((sum, rgb) => sum + greyOf(rgb), 0) / result.length;
    result = result.map((rgb) => eachChannel(rgb, (value) => clamp(mean + contrast * (value - mean))));
  }
  if (saturation !== 1) {
    result = result.map((rgb) => {
      const grey = greyOf(rgb);
      return eachChannel(rgb, (value) => clamp(grey + saturation * (value - grey)));
    });
  }
  if (hue !== 0) result = result.map((rgb) => turnHue(rgb, hue));
  return result;
}

function eachChannel([r, g, b]: Rgb, f: (value: number) => number): Rgb {
  return [f(r), f(g), f(b)];
}

function clamp(value: number): number {
  return Math.min(Math.max(value, 0), 1);
}

/** How bright the eye sees a colour (the weights of ITU-R BT.601). */
function greyOf([r, g, b]: Rgb): number {
  return 0.299 * r + 0.587 * g + 0.114 * b;
}

/** Turns the hue by a part of the full circle, by way of HSV. */
function turnHue([r, g, b]: Rgb, turn: number): Rgb {
  const value = Math.max(r, g, b);
  const chroma = value - Math.min(r, g, b);
  // The circle has six parts of 60 degrees; two of its corners belong to each colour.
  let hue = 0;
  if (chroma === 0) hue = 0;
  else if (value === r) hue = (g - b) / chroma;
  else if (value === g) hue = (b - r) / chroma + 2;
  else hue = (r - g) / chroma + 4;
  const turned = hue + 6 * turn;
  // Each channel is at its full value for a third of the circle, and falls off to both sides.
  const channel = (offset: number): number => {
    const k = (((offset + turned) % 6) + 6) % 6;
    return value - chroma * clamp(Math.min(k, 4 - k));
  };
  return [channel(5), channel(3), channel(1)];
}
