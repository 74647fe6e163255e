/**
 * From stored images to a network's input in one launch: pick, warp, recolour, normalise.
 */

import { empty } from "../create.ts";
import { describe } from "../describe.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import { scope } from "../memory.ts";
import { sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkDType, checkNames, checkRank, checkSameDevice, checkTensor, pair } from "./check.ts";
import { contiguous } from "./copy.ts";

/** Numbers per image in `transforms`. */
export const TRANSFORM_SIZE = 10;

export interface AugmentOptions {
  /** [height, width] of the result. Default: the images' own. */
  readonly size?: readonly [number, number];
  /** Subtracted from each channel, and divided by, after values were brought to 0..1. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/**
 * Picks images and turns them into normalised floats, each through its own transform. Has no gradient.
 *
 * @param images uint8 [count, 1 or 3, H, W]
 * @param indices int32 [N]: which images, each in 0..count-1
 * @param transforms float32 [N, 10]: an affine map from output to input pixels (6 numbers, from the centres), then
 *   brightness, contrast, saturation and hue; see the kernel `augment`
 * @returns float32 [N, 3, height, width]
 */
export function augment(
  images: Tensor,
  indices: Tensor,
  transforms: Tensor,
  options: AugmentOptions,
): Tensor {
  const op = "augment";
  checkNames(op, options, ["size", "mean", "std"]);
  checkTensor(op, images, indices, transforms);
  checkSameDevice(op, images, indices, transforms);
  checkDType(op, "images", images, "uint8");
  checkDType(op, "indices", indices, "int32");
  checkDType(op, "transforms", transforms, "float32");
  checkRank(op, "images", images, ["count", "C", "H", "W"]);
  checkRank(op, "indices", indices, ["N"]);
  const [, channels, hIn, wIn] = images.shape as [number, number, number, number];
  const batch = indices.shape[0]!;
  if (channels !== 1 && channels !== 3) {
    throw new ShapeError(`${op}: got images ${show(images.shape)}, expected 1 or 3 channels`);
  }
  if (!sameShape(transforms.shape, [batch, TRANSFORM_SIZE])) {
    throw new ShapeError(
      `${op}: got transforms ${show(transforms.shape)}, expected [${batch}, ${TRANSFORM_SIZE}]`,
    );
  }
  if (!images.isContiguous()) {
    throw new ShapeError(
      `${op}: got images of strides ${show(images.strides)}, expected contiguous ones. Help: pick images by indices`,
    );
  }
  const [hOut, wOut] = pair(op, "size", options.size ?? [hIn, wIn], 1);
  const { mean, std } = options;
  for (const three of [mean, std]) {
    if (Array.isArray(three) && three.length === 3 && three.every(Number.isFinite)) continue;
    throw new ArgumentError(
      `${op}: got ${describe(three)} for mean or std, expected three numbers, one for each channel`,
    );
  }
  return scope(() => {
    const out = empty([batch, 3, hOut, wOut], { device: images.device });
    const params = { batch, channels, hIn, wIn, hOut, wOut, mean, std } as const;
    images.device.launch("augment", [images, contiguous(indices), contiguous(transforms), out], params);
    return out;
  });
}
