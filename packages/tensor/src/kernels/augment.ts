/**
 * The contract of the kernel that makes a network's input from stored images.
 */

import type { Operand } from "../device.ts";

export interface AugmentKernels {
  /**
   * Picks, warps, recolours and normalises a batch of images in one pass: uint8 [count, channels, hIn, wIn] in,
   * [batch, 3, hOut, wOut] out (one grey channel is repeated to three). `indices` (int32) [batch] picks the images.
   * `transforms` is float32 [batch, 10]:
   *   0-5  an affine map from output to input, in pixels from the centres of the images:
   *        xIn = t0 * x + t1 * y + t2, yIn = t3 * x + t4 * y + t5, where x = column - (wOut - 1) / 2, and
   *        the input column is xIn + (wIn - 1) / 2; bilinear, zero outside;
   *   6    brightness: values times t6;
   *   7    contrast: mean + t7 * (value - mean), the mean being that of the grey of this image after brightness;
   *   8    saturation: grey + t8 * (value - grey) with grey = 0.299 r + 0.587 g + 0.114 b;
   *   9    hue: turned by t9 (in -0.5..0.5 of a full circle) in HSV.
   * Values are in 0..1 and clamped to it after each of the steps 6-8 (a factor of exactly 1, or hue of 0, skips the
   * step); then (value - mean[c]) / std[c].
   */
  augment: {
    operands: [images: Operand, indices: Operand, transforms: Operand, out: Operand];
    params: {
      batch: number;
      channels: 1 | 3;
      hIn: number;
      wIn: number;
      hOut: number;
      wOut: number;
      mean: readonly [number, number, number];
      std: readonly [number, number, number];
    };
  };
}
