/** Host side of resampling: output rows, shared out by what one of them costs. */

import type { HostKernel } from "../launch.ts";
import { ROW_ELEMENTS_PER_CHUNK } from "../tuning.ts";

export const resample2d: HostKernel<"resample2d"> = (launch, operands, params) => {
  const [x, rowTaps, rowWeights, colTaps, colWeights, out] = operands;
  const { planes, hIn, wIn, hOut, wOut } = params;
  const rows = planes * hOut;
  const costOfRow = Math.max(wOut, wIn * Math.ceil(hIn / Math.max(hOut, 1)), 1);
  const perChunk = 4 * Math.max(1, Math.floor(ROW_ELEMENTS_PER_CHUNK / (4 * costOfRow)));
  launch.expect(rowTaps, "int32");
  launch.expect(colTaps, "int32");
  launch.floats(x);
  launch.pointer(rowTaps);
  launch.floats(rowWeights);
  launch.pointer(colTaps);
  launch.floats(colWeights, out);
  launch.ints(rows, hIn, wIn, hOut, wOut, perChunk);
  // Four rows, interleaved, of whole vectors.
  launch.scratch(16 * (wIn + 3));
  launch.run("resample2d", Math.ceil(rows / perChunk));
};
