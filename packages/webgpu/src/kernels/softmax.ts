/**
 * Softmax and cross-entropy: kernels that work row by row, on rows that may lie across memory.
 */

import type { CrossEntropyParams, Operand } from "@mien/tensor";
import type { Variant } from "../shader.ts";
import { shortRow, workgroupSize } from "../tuning.ts";
import type { Launcher, Plan } from "./plan.ts";
import { reduce } from "./reduce.ts";

/** One invocation for a short row, a whole workgroup for a long one. */
const lanesFor = (rowLength: number): number => (rowLength <= shortRow ? 1 : workgroupSize);

const groupsForRows = (rows: number, lanes: number): number => Math.ceil(rows / (workgroupSize / lanes));

const bothLanes = (shader: string, knobs = {}): Variant[] =>
  [1, workgroupSize].map((LANES) => ({ shader, knobs: { ...knobs, LANES } }));

export const softmax: Plan<"softmax"> = {
  variants: [...bothLanes("softmax", { LOG: false }), ...bothLanes("softmax", { LOG: true })],
  launch(gpu, [x, out], { outer, size, inner, log }) {
    const rows = outer * inner;
    const LANES = lanesFor(size);
    gpu.dispatch({
      variant: { shader: "softmax", knobs: { LOG: log, LANES } },
      buffers: { x: x.buffer, out: out.buffer },
      params: { rows, size, inner, xOffset: x.offset, outOffset: out.offset },
      workgroups: size === 0 ? 0 : groupsForRows(rows, LANES),
    });
  },
};

export const softmaxGrad: Plan<"softmaxGrad"> = {
  variants: [...bothLanes("softmax_grad", { LOG: false }), ...bothLanes("softmax_grad", { LOG: true })],
  launch(gpu, [gradOut, y, gradX], { outer, size, inner, log }) {
    const rows = outer * inner;
    const LANES = lanesFor(size);
    gpu.dispatch({
      variant: { shader: "softmax_grad", knobs: { LOG: log, LANES } },
      buffers: { gradOut: gradOut.buffer, y: y.buffer, gradX: gradX.buffer },
      params: {
        ...{ rows, size, inner },
        gradOutOffset: gradOut.offset,
        yOffset: y.offset,
        gradXOffset: gradX.offset,
      },
      workgroups: size === 0 ? 0 : groupsForRows(rows, LANES),
    });
  },
};

function crossEntropyParams(
  { outer, classes, inner, ignoreIndex, labelSmoothing }: CrossEntropyParams,
  [logits, targets, weight]: readonly [Operand, Operand, Operand | null],
) {
  return {
    ...{ rows: outer * inner, classes, inner, ignoreIndex, labelSmoothing },
    smoothingPerClass: labelSmoothing / classes,
    hasWeight: weight !== null,
    logitsOffset: logits.offset,
    targetsOffset: targets.offset,
    weightOffset: weight?.offset ?? 0,
  };
}

const summaryOfTerms: Variant = { shader: "cross_entropy_summary", knobs: { LANES: workgroupSize } };

/** More terms than this are summed by many workgroups before one divides. */
const mostTermsAtOnce = 65_536;

function launchSummary(gpu: Launcher, terms: Operand, summary: Operand, count: number): void {
  const many = count > mostTermsAtOnce;
  const sums = many ? { buffer: gpu.alloc(12), offset: 0, dtype: terms.dtype } : terms;
  if (many)
    reduce.launch(gpu, [terms, sums], { op: "sum", shape: [3, count], xStrides: [count, 1], kept: 1 });
  gpu.dispatch({
    variant: summaryOfTerms,
    buffers: { terms: sums.buffer, summary: summary.buffer },
    params: { count: many ? 1 : count, termsOffset: sums.offset, summaryOffset: summary.offset },
    workgroups: 1,
  });
  if (many) gpu.free(sums.buffer);
}

export const crossEntropy: Plan<"crossEntropy"> = {
  variants: [...bothLanes("cross_entropy", { NORMALIZED: false }), summaryOfTerms],
  launch(gpu, [logits, targets, weight, terms, summary], params) {
    const rows = params.outer * params.inner;
    const LANES = lanesFor(params.classes);
    gpu.dispatch({
      variant: { shader: "cross_entropy", knobs: { NORMALIZED: params.normalized, LANES } },
      buffers: {
        logits: logits.buffer,
        targets: targets.buffer,
        weight: weight?.buffer ?? null,
        terms: terms.buffer,
      },
      params: {
        ...crossEntropyParams(params, [logits, targets, weight]),
        ...{
          hasScale: false,
          scaleStride: 0,
          scaleOffset: 0,
          hasDivisor: false,
          divisorOffset: 0,
          outOffset: terms.offset,
        },
      },
      workgroups: groupsForRows(rows, LANES),
    });
    if (summary) launchSummary(gpu, terms, summary, rows);
  },
};

export const crossEntropyGrad: Plan<"crossEntropyGrad"> = {
  variants: bothLanes("cross_entropy_grad", { NORMALIZED: false }),
  launch(gpu, [logits, targets, weight, scale, divisor, gradLogits], params) {
    const rows = params.outer * params.inner;
    const LANES = lanesFor(params.classes);
    gpu.dispatch({
      variant: { shader: "cross_entropy_grad", knobs: { NORMALIZED: params.normalized, LANES } },
      buffers: {
        logits: logits.buffer,
        targets: targets.buffer,
        weight: weight?.buffer ?? null,
        scale: scale?.buffer ?? null,
        divisor: divisor?.buffer ?? null,
        gradLogits: gradLogits.buffer,
      },
      params: {
        ...crossEntropyParams(params, [logits, targets, weight]),
        hasScale: scale !== null,
        scaleStride: params.scaleStride,
        scaleOffset: scale?.offset ?? 0,
        hasDivisor: divisor !== null,
        divisorOffset: divisor?.offset ?? 0,
        outOffset: gradLogits.offset,
      },
      workgroups: groupsForRows(rows, LANES),
    });
  },
};
