/**
 * The contract of the kernels in which an element's result depends on its place in a row: running sums and order.
 */

import type { Operand } from "../device.ts";
import type { AxisParams } from "./softmax.ts";

export interface ScanKernels {
  /**
   * out[o, k, i] = the sum of x[o, 0..k, i], the element k included; with `reverse` that of x[o, k..size-1, i].
   * x and out are float32 or int32.
   */
  cumsum: { operands: [x: Operand, out: Operand]; params: AxisParams & { reverse: boolean } };

  /**
   * The indices (int32) that sort each row: the element that belongs to place k stands at indices[o, k, i]. Of equal
   * elements the one with the lower index comes first, descending too. 0 and -0 are equal; NaN counts as the largest,
   * and one as another. x is float32, int32 or bool.
   */
  argsort: { operands: [x: Operand, indices: Operand]; params: AxisParams & { descending: boolean } };
}
