/**
 * Augmentation: how a stored face is turned, cut and lit anew every time it is trained on.
 *
 * Three steps, in float64 on the host: an `Augmentation` says what may happen, an `ImageTransform` what happens to one
 * image, and ten numbers say the same to the kernel `augment`. Flip, rotation and crop become one affine map, so each
 * image is resampled exactly once; brightness, contrast, saturation and hue follow.
 */

import { type Generator, TRANSFORM_SIZE } from "mien";

export interface Augmentation {
  /** The probability of a mirror image. */
  readonly flip: number;
  /** The largest rotation to either side, in degrees. */
  readonly rotation: number;
  /** The share of the area that a crop keeps: uniform between the two. */
  readonly cropScale: readonly [number, number];
  /** Colour factors are uniform in 1 - value .. 1 + value; the hue turns by up to this part of a full circle. */
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  readonly hue: number;
}

export const DEFAULT_AUGMENTATION: Augmentation = {
  flip: 0.5,
  rotation: 15,
  cropScale: [0.8, 1],
  brightness: 0.2,
  contrast: 0.2,
  saturation: 0.2,
  hue: 0.02,
};

/**
 * What happens to one image, in the order of the fields: the mirror first, the hue last.
 *
 * All means what torchvision's functional transforms mean by it. A colour factor of 1 changes nothing, nor does a hue
 * of 0.
 */
export interface ImageTransform {
  readonly mirror: boolean;
  /** Degrees, clockwise as torchvision's `affine` counts (its `rotate` counts the other way), about the centre. */
  readonly angle: number;
  /** The crop is a square of this share of the image's side, brought back to full size. */
  readonly side: number;
  /** How far the crop's centre lies to the right of the image's centre, in pixels of the turned image. */
  readonly dx: number;
  /** How far it lies below. */
  readonly dy: number;
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  /** -0.5 .. 0.5 of a full circle. */
  readonly hue: number;
}

/** Mean and deviation of ImageNet's channels, which the network's input is normalised by. */
export const IMAGENET_NORMALISATION = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

/**
 * The ten numbers by which the kernel `augment` knows a transform; what isn't given leaves the image as it is.
 *
 * The map runs backwards: an output pixel p lies at side * p + d in the turned image, which is turned back and
 * mirrored.
 */
export function transformValues(transform: Partial<ImageTransform>): number[] {
  const { mirror = false, angle = 0, side = 1, dx = 0, dy = 0 } = transform;
  const { brightness = 1, contrast = 1, saturation = 1, hue = 0 } = transform;
  const radians = (angle * Math.PI) / 180;
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const sign = mirror ? -1 : 1;
  return [
    ...[sign * side * cos, sign * side * sin, sign * (cos * dx + sin * dy)],
    ...[-side * sin, side * cos, -sin * dx + cos * dy],
    ...[brightness, contrast, saturation, hue],
  ];
}

/** Transforms [count, 10] that leave `count` images as they are. */
export function identityTransforms(count: number): Float32Array<ArrayBuffer> {
  return packed(count, () => ({}));
}

/**
 * Draws what happens to one image of `size` pixels. Grey images skip saturation and hue, which would not change them.
 *
 * The order of the draws is part of what a seed means: a training repeats only while it stays.
 */
export function randomTransform(
  size: number,
  channels: 1 | 3,
  augmentation: Augmentation,
  generator: Generator,
): ImageTransform {
  const around = (centre: number, range: number) => generator.uniform(centre - range, centre + range);
  const mirror = generator.uniform() < augmentation.flip;
  const angle = around(0, augmentation.rotation);
  const side = Math.sqrt(generator.uniform(...augmentation.cropScale));
  const slack = (size * (1 - side)) / 2;
  const [dx, dy] = [around(0, slack), around(0, slack)];
  const [brightness, contrast] = [around(1, augmentation.brightness), around(1, augmentation.contrast)];
  const [saturation, hue] =
    channels === 3 ? [around(1, augmentation.saturation), around(0, augmentation.hue)] : [1, 0];
  return { mirror, angle, side, dx, dy, brightness, contrast, saturation, hue };
}

/** Draws transforms [count, 10] for images of `size` pixels. */
export function randomTransforms(
  count: number,
  size: number,
  channels: 1 | 3,
  augmentation: Augmentation,
  generator: Generator,
): Float32Array<ArrayBuffer> {
  return packed(count, () => randomTransform(size, channels, augmentation, generator));
}

function packed(count: number, transform: () => Partial<ImageTransform>): Float32Array<ArrayBuffer> {
  const out = new Float32Array(count * TRANSFORM_SIZE);
  for (let i = 0; i < count; i++) out.set(transformValues(transform()), i * TRANSFORM_SIZE);
  return out;
}
