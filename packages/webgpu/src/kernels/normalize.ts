/**
 * Normalisation: sums over channels, shared between workgroups where channels are few, and kernels that go value by
 * value.
 */

import type { NormalizeOutParams, NormalizeParams, Operand } from "@mien/tensor";
import type { Variant } from "../shader.ts";
import { shortRow, workgroupSize } from "../tuning.ts";
import { fill } from "./elementwise.ts";
import { groupsFor, type Launcher, type Plan } from "./plan.ts";
import { activations, splitVariants, sumSplits } from "./products.ts";
import { chooseSplits, type Lanes } from "./reduce.ts";

const allLanes = (shader: string): Variant[] =>
  ([1, 32, 256] as const).map((LANES) => ({ shader, knobs: { LANES } }));

/** What not all shaders that include `channels.wgsl` have a use for. */
const unused = {
  ...{ offset0: 0, offset1: 0, offset2: 0, offset3: 0, offset4: 0, offset5: 0, offset6: 0, offset7: 0 },
  ...{ eps: 0, activates: false, negativeSlope: 0, hasMore: false, ...affineOf(null, null) },
};

/** How the values of each channel are shared, as the shaders that include `channels.wgsl` want it. */
function share({ n, channels, inner }: NormalizeParams) {
  const m = n * inner;
  const LANES = chooseLanes(channels, inner, m);
  const { count: splits, length: splitLength } = chooseSplits(channels, m, LANES);
  return {
    knobs: { LANES },
    splits,
    params: { ...unused, channels, inner, m, splits, splitLength },
    workgroups: Math.ceil((channels * splits) / (workgroupSize / LANES)),
  };
}

/** Neighbouring invocations read neighbouring values: of one channel, unless it is the channels that lie side by side. */
function chooseLanes(channels: number, inner: number, m: number): Lanes {
  if (m <= shortRow || (inner === 1 && channels >= shortRow)) return 1;
  return m < workgroupSize ? 32 : 256;
}

/** Weight, bias and activation, as the shaders that include `normalized_grad.wgsl` want them. */
function maskOf(weight: Operand | null, bias: Operand | null, params: NormalizeOutParams) {
  return {
    activates: params.activation !== "none",
    negativeSlope: params.negativeSlope,
    ...affineOf(weight, bias),
  };
}

function affineOf(weight: Operand | null, bias: Operand | null) {
  return {
    hasWeight: weight !== null,
    hasBias: bias !== null,
    weightOffset: weight?.offset ?? 0,
    biasOffset: bias?.offset ?? 0,
  };
}

export const channelStats: Plan<"channelStats"> = {
  variants: [...allLanes("channel_stats"), { shader: "channel_stats_merge" }],
  launch(gpu, [x, mean, variance], sizes) {
    if (sizes.n * sizes.inner === 0) {
      for (const out of [mean, variance])
        fill.launch(gpu, [out], { count: sizes.channels, value: Number.NaN });
      return;
    }
    const { knobs, params, splits, workgroups } = share(sizes);
    const variant = { shader: "channel_stats", knobs };
    if (splits === 1) {
      gpu.dispatch({
        variant,
        buffers: { x: x.buffer, mean: mean.buffer, variance: variance.buffer, corrections: null },
        params: { ...params, offset0: x.offset, offset1: mean.offset, offset2: variance.offset },
        workgroups,
      });
      return;
    }
    const byteLength = 4 * sizes.channels * splits;
    const means = gpu.alloc(byteLength);
    const squares = gpu.alloc(byteLength);
    const corrections = gpu.alloc(byteLength);
    gpu.dispatch({
      variant,
      buffers: { x: x.buffer, mean: means, variance: squares, corrections },
      params: { ...params, offset0: x.offset },
      workgroups,
    });
    gpu.dispatch({
      variant: { shader: "channel_stats_merge" },
      buffers: { means, squares, corrections, mean: mean.buffer, variance: variance.buffer },
      params: { ...params, offset3: mean.offset, offset4: variance.offset },
      workgroups: groupsFor(sizes.channels),
    });
    for (const buffer of [means, squares, corrections]) gpu.free(buffer);
  },
};

interface SumsOperands {
  readonly sums: Operand;
  readonly more?: Operand | null;
  readonly weight?: Operand | null;
  readonly bias?: Operand | null;
  readonly [binding: string]: Operand | null | undefined;
}

/** Two sums for each channel, by a shader whose operands stand in the order of their offsets, those of gradient_sums.wgsl first. */
function sumChannels(gpu: Launcher, shader: string, operands: SumsOperands, all: NormalizeOutParams): void {
  const { sums, more = null, weight = null, bias = null } = operands;
  const count = 2 * all.channels;
  if (all.n * all.inner === 0) {
    fill.launch(gpu, [sums], { count, value: 0 });
    return;
  }
  const { knobs, params, splits, workgroups } = share(all);
  const partials = splits > 1 ? { ...sums, buffer: gpu.alloc(4 * count * splits), offset: 0 } : null;
  const bound = Object.entries({ ...operands, sums: partials ?? sums });
  gpu.dispatch({
    variant: { shader, knobs },
    buffers: Object.fromEntries(bound.map(([name, one]) => [name, one?.buffer ?? null])),
    params: {
      ...params,
      ...maskOf(weight, bias, all),
      ...{ eps: all.eps, hasMore: more !== null },
      ...Object.fromEntries(bound.map(([, one], i) => [`offset${i}`, one?.offset ?? 0])),
    },
    workgroups,
  });
  if (!partials) return;
  sumSplits(gpu, { partials: partials.buffer, out: sums, count, splits });
  gpu.free(partials.buffer);
}

export const normalizeSums: Plan<"normalizeSums"> = {
  variants: [...allLanes("normalize_sums"), ...splitVariants],
  launch(gpu, [gradOut, x, mean, variance, weight, bias, sums], params) {
    sumChannels(gpu, "normalize_sums", { gradOut, x, mean, variance, sums, weight, bias }, params);
  },
};

export const normalizeAddendGrad: Plan<"normalizeAddendGrad"> = {
  variants: allLanes("normalize_addend_grad"),
  launch(gpu, [gradOut, more, out, x, mean, variance, gradAddend, sums], params) {
    const operands = { gradOut, x, mean, variance, sums, more, out, gradAddend };
    sumChannels(gpu, "normalize_addend_grad", operands, params);
  },
};

export const normalize: Plan<"normalize"> = {
  variants: [{ shader: "normalize" }],
  launch(gpu, [x, mean, variance, weight, bias, addend, out], params) {
    const { n, channels, inner, eps, activation, negativeSlope } = params;
    const count = n * channels * inner;
    gpu.dispatch({
      variant: { shader: "normalize" },
      buffers: {
        x: x.buffer,
        mean: mean.buffer,
        variance: variance.buffer,
        weight: weight?.buffer ?? null,
        bias: bias?.buffer ?? null,
        addend: addend?.buffer ?? null,
        out: out.buffer,
      },
      params: {
        ...{ count, channels, inner, eps, activation: activations[activation], negativeSlope },
        ...affineOf(weight, bias),
        hasAddend: addend !== null,
        addendOffset: addend?.offset ?? 0,
        xOffset: x.offset,
        meanOffset: mean.offset,
        varianceOffset: variance.offset,
        outOffset: out.offset,
      },
      workgroups: groupsFor(count),
    });
  },
};

export const normalizeGrad: Plan<"normalizeGrad"> = {
  variants: [{ shader: "normalize_grad" }],
  launch(gpu, [gradOut, x, mean, variance, weight, bias, sums, gradX], params) {
    const { n, channels, inner, eps } = params;
    const count = n * channels * inner;
    gpu.dispatch({
      variant: { shader: "normalize_grad" },
      buffers: {
        gradOut: gradOut.buffer,
        x: x.buffer,
        mean: mean.buffer,
        variance: variance.buffer,
        weight: weight?.buffer ?? null,
        bias: bias?.buffer ?? null,
        sums: sums?.buffer ?? null,
        gradX: gradX.buffer,
      },
      params: {
        ...{ count, channels, inner, eps, m: n * inner },
        ...maskOf(weight, bias, params),
        hasSums: sums !== null,
        gradOutOffset: gradOut.offset,
        xOffset: x.offset,
        meanOffset: mean.offset,
        varianceOffset: variance.offset,
        sumsOffset: sums?.offset ?? 0,
        gradXOffset: gradX.offset,
      },
      workgroups: groupsFor(count),
    });
  },
};

export const runningStats: Plan<"runningStats"> = {
  variants: [{ shader: "running_stats" }],
  launch(gpu, [mean, variance, runningMean, runningVar, batches], { channels, momentum, correction }) {
    gpu.dispatch({
      variant: { shader: "running_stats" },
      buffers: {
        mean: mean.buffer,
        variance: variance.buffer,
        runningMean: runningMean.buffer,
        runningVar: runningVar.buffer,
        batches: batches?.buffer ?? null,
      },
      params: {
        ...{ channels, correction, momentum: momentum ?? 0 },
        cumulative: momentum === null,
        counts: batches !== null,
        meanOffset: mean.offset,
        varianceOffset: variance.offset,
        runningMeanOffset: runningMean.offset,
        runningVarOffset: runningVar.offset,
        batchesOffset: batches?.offset ?? 0,
      },
      workgroups: 1,
    });
  },
};
