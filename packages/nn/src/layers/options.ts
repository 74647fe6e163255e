/**
 * Where and how a layer makes its parameters.
 */

import type { Device, DType, Generator } from "@mien/tensor";

export interface LayerOptions {
  /** Where the parameters live. Default: the default device. */
  readonly device?: Device;
  /** float32 or float64. Default: float32. */
  readonly dtype?: DType;
  /** What draws the initial values. Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}
