/**
 * Augmentation: how a stored face is turned, cut and lit anew every time it is trained on.
 *
 * Only the numbers are drawn here, in float64 on the host: ten per image. Flip, rotation and crop become one affine
 * map, so the kernel `augment` resamples each image exactly once; brightness, contrast, saturation and hue follow.
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

/** Mean and deviation of ImageNet's channels, which the network's input is normalised by. */
export const IMAGENET_NORMALISATION = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
} as const;

const IDENTITY = [1, 0, 0, 0, 1, 0, 1, 1, 1, 0] as const;

/** Transforms [count, 10] that leave `count` images as they are. */
export function identityTransforms(count: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(count * TRANSFORM_SIZE);
  for (let i = 0; i < count; i++) out.set(IDENTITY, i * TRANSFORM_SIZE);
  return out;
}

/**
 * Draws transforms [count, 10] for images of `size` pixels. Grey images skip saturation and hue, which would not
 * change them.
 */
export function randomTransforms(
  count: number,
  size: number,
  channels: 1 | 3,
  augmentation: Augmentation,
  generator: Generator,
): Float32Array<ArrayBuffer> {
  const out = new Float32Array(count * TRANSFORM_SIZE);
  const around1 = (range: number) => generator.uniform(1 - range, 1 + range);
  for (let i = 0; i < count; i++) {
    const mirror = generator.uniform() < augmentation.flip ? -1 : 1;
    const angle = (generator.uniform(-augmentation.rotation, augmentation.rotation) * Math.PI) / 180;
    const side = Math.sqrt(generator.uniform(...augmentation.cropScale));
    const slack = (size * (1 - side)) / 2;
    const [dx, dy] = [generator.uniform(-slack, slack), generator.uniform(-slack, slack)];
    // An output pixel p lies at side * p + d in the rotated image, which is turned back and mirrored.
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const affine = [
      ...[mirror * side * cos, mirror * side * sin, mirror * (cos * dx + sin * dy)],
      ...[-side * sin, side * cos, -sin * dx + cos * dy],
    ];
    const light = [around1(augmentation.brightness), around1(augmentation.contrast)];
    const colour =
      channels === 3
        ? [around1(augmentation.saturation), generator.uniform(-augmentation.hue, augmentation.hue)]
        : [1, 0];
    out.set([...affine, ...light, ...colour], i * TRANSFORM_SIZE);
  }
  return out;
}
