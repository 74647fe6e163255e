/** Host sides of max pooling and its gradient. */

import type { Operand, Pool2dParams } from "@mien/tensor";
import type { HostKernel, Launch } from "../launch.ts";
import { ROW_ELEMENTS_PER_CHUNK } from "../tuning.ts";

function run(
  launch: Launch,
  kernel: "maxPool2d" | "maxPool2dGrad",
  x: Operand,
  out: Operand,
  indices: Operand,
  params: Pool2dParams,
): void {
  const { planes, hIn, wIn, hOut, wOut, kH, kW, strideH, strideW, padTop, padLeft } = params;
  const planesPerChunk = Math.max(1, Math.floor(ROW_ELEMENTS_PER_CHUNK / Math.max(hIn * wIn, 1)));
  launch.floats(x, out);
  launch.expect(indices, "int32");
  launch.pointer(indices);
  launch.ints(planes, hIn, wIn, hOut, wOut, kH, kW, strideH, strideW, padTop, padLeft);
  launch.ints(params.dilationH, params.dilationW, planesPerChunk);
  launch.run(kernel, Math.ceil(planes / planesPerChunk));
}

export const maxPool2d: HostKernel<"maxPool2d"> = (launch, [x, out, indices], params) => {
  run(launch, "maxPool2d", x, out, indices, params);
};

export const maxPool2dGrad: HostKernel<"maxPool2dGrad"> = (launch, [gradOut, indices, gradX], params) => {
  run(launch, "maxPool2dGrad", gradX, gradOut, indices, params);
};
