/** Host sides of softmax, cross-entropy and their gradients. */

import type { CrossEntropyParams } from "@mien/tensor";
import type { HostKernel, Launch } from "../launch.ts";
import { ROW_ELEMENTS_PER_CHUNK } from "../tuning.ts";

function rowsPerChunk(rowElements: number): number {
  return Math.max(1, Math.floor(ROW_ELEMENTS_PER_CHUNK / Math.max(rowElements, 1)));
}

export const softmax: HostKernel<"softmax"> = (launch, [x, out], { outer, size, inner, log }) => {
  const perChunk = rowsPerChunk(size * inner);
  launch.floats(x, out);
  launch.ints(0, outer, size, inner, Number(log), perChunk);
  launch.run("softmax", Math.ceil(outer / perChunk));
};

export const softmaxGrad: HostKernel<"softmaxGrad"> = (launch, [gradOut, y, gradX], params) => {
  const { outer, size, inner, log } = params;
  const perChunk = rowsPerChunk(size * inner);
  launch.floats(gradX, y, gradOut);
  launch.ints(outer, size, inner, Number(log), perChunk);
  launch.run("softmaxGrad", Math.ceil(outer / perChunk));
};

/** Appends the sizes, and gives the number of chunks. */
function writeSizes(launch: Launch, params: CrossEntropyParams): number {
  const { outer, classes, inner, ignoreIndex, labelSmoothing, normalized } = params;
  const perChunk = rowsPerChunk(classes);
  launch.ints(outer, classes, inner, ignoreIndex, Number(normalized));
  launch.float(labelSmoothing);
  launch.int(perChunk);
  return Math.ceil((outer * inner) / perChunk);
}

export const crossEntropy: HostKernel<"crossEntropy"> = (
  launch,
  [logits, targets, weight, terms, summary],
  params,
) => {
  launch.expect(targets, "int32");
  launch.floats(logits);
  launch.pointer(targets);
  launch.floats(weight, terms);
  launch.int(0);
  launch.floats(summary);
  launch.int(0);
  launch.run("crossEntropy", writeSizes(launch, params));
  if (summary) launch.run("crossEntropySummary", 1);
};

export const crossEntropyGrad: HostKernel<"crossEntropyGrad"> = (launch, operands, params) => {
  const [logits, targets, weight, scale, divisor, gradLogits] = operands;
  launch.expect(targets, "int32");
  launch.floats(logits);
  launch.pointer(targets);
  launch.floats(weight, gradLogits, scale, divisor);
  launch.int(params.scaleStride);
  launch.run("crossEntropyGrad", writeSizes(launch, params));
};
