/**
 * What layers are told: where and how they make their parameters, and sizes for one direction or both.
 */

import type { Device, DType, Generator, Size2d } from "@mien/tensor";

export interface LayerOptions {
  /** Where the parameters live. Default: the default device. */
  readonly device?: Device;
  /** float32 or float64. Default: float32. */
  readonly dtype?: DType;
  /** What draws the initial values. Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/** [height, width] of a size that may be one number for both. */
export function pairOf(size: Size2d): readonly [height: number, width: number] {
  return typeof size === "number" ? [size, size] : size;
}
