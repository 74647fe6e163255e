/** Host sides of gather and scatterAdd. */

import type { HostKernel } from "../launch.ts";
import { ROW_ELEMENTS_PER_CHUNK } from "../tuning.ts";
import { runAlongAxis, writeAxisArgs } from "./axis.ts";

export const gather: HostKernel<"gather"> = (launch, [x, index, out], params) => {
  launch.expect(x, "float32", "int32", "bool");
  launch.expect(out, x.dtype);
  launch.expect(index, "int32");
  const { outer, inner, count, shared } = params;
  const rows = outer * count;
  if (rows * inner === 0) return;
  const rowsPerChunk = Math.max(1, Math.floor(ROW_ELEMENTS_PER_CHUNK / inner));
  writeAxisArgs(launch, [x, index, out], { ...params, flag: shared });
  launch.ints(rowsPerChunk, inner);
  launch.run("gather", Math.ceil(rows / rowsPerChunk));
};

export const scatterAdd: HostKernel<"scatterAdd"> = (launch, [src, index, out], params) => {
  launch.expect(src, "float32", "int32");
  launch.expect(out, src.dtype);
  launch.expect(index, "int32");
  const work = params.size + params.count;
  runAlongAxis(launch, "scatterAdd", [src, index, out], { ...params, flag: params.shared }, work);
};
