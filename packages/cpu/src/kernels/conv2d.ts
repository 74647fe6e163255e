/**
 * Host sides of convolution and its gradients: where every tap of the kernel lies in a staged strip.
 *
 * All three read a strip of a source through a list of taps. They differ in what the source is, and in where a tap
 * looks: forwards, output pixel o reads input pixel o * stride + k * dilation - pad; backwards, input pixel i reads
 * the output pixel o that solves this for the same i, where there is one. With i = phase + stride * j only the taps
 * for which phase + pad - k * dilation is a multiple of the stride have one, and it is j plus that multiple.
 */

import type { Conv2dParams, Operand } from "@mien/tensor";
import type { HostKernel, Launch } from "../launch.ts";
import { CONV_GRADIENT_BYTES, CONV_MIN_STRIP_ROWS, CONV_STRIP_BYTES } from "../tuning.ts";
import { activations } from "./activation.ts";
import { type Axis, type Convolution, rangesOf, type Source, writeStage } from "./conv2d-source.ts";
import { convolveByWinograd, suitsWinograd, weightGradByWinograd } from "./conv2d-winograd.ts";

function forwardAxis(size: number, dilation: number, pad: number): Axis {
  const taps = Array.from({ length: size }, (_, index) => ({ index, shift: index * dilation }));
  return { origin: -pad, reach: (size - 1) * dilation, taps };
}

/** The taps that reach input pixels phase, phase + stride, ... */
function backwardAxis(size: number, dilation: number, pad: number, stride: number, phase: number): Axis {
  const all = Array.from({ length: size }, (_, index) => ({
    index,
    shift: (phase + pad - index * dilation) / stride,
  }));
  const taps = all.filter(({ shift }) => Number.isInteger(shift));
  const origin = Math.min(...taps.map(({ shift }) => shift));
  if (taps.length === 0) return { origin: 0, reach: 0, taps };
  const reach = taps[0]!.shift - origin;
  return { origin, reach, taps: taps.map(({ index, shift }) => ({ index, shift: shift - origin })) };
}

interface Staging {
  readonly stripRows: number;
  readonly strips: number;
  /** Scratch that a staged strip takes. */
  readonly byteLength: number;
  readonly steps: number;
  readonly offsets: number;
}

/** Writes `StageArgs` and `TapArgs` for a result of `rows` x `columns` pixels, of which a strip has at most `maxRows`. */
function writeStaging(
  launch: Launch,
  source: Source,
  vertical: Axis,
  horizontal: Axis,
  kW: number,
  rows: number,
  columns: number,
  maxRows = rows,
): Staging {
  const { strideH, strideW, groups } = source;
  const planes = source.channels / groups;
  const phasePitch = Math.max(columns, 4) + Math.floor(horizontal.reach / strideW);
  const rowPitch = phasePitch * strideW;
  const fitting = Math.floor(CONV_STRIP_BYTES / Math.max(4 * planes * rowPitch, 1)) - vertical.reach;
  const stripRows = Math.min(rows, maxRows, Math.max(CONV_MIN_STRIP_ROWS, Math.floor(fitting / strideH)));
  const stagedRows = (stripRows - 1) * strideH + vertical.reach + 1;
  const planePitch = stagedRows * rowPitch;
  const taps: number[] = [];
  for (const { index: kh, shift: row } of vertical.taps) {
    for (const { index: kw, shift: column } of horizontal.taps) {
      taps.push(
        kh * kW + kw,
        row * rowPitch + (column % strideW) * phasePitch + Math.floor(column / strideW),
      );
    }
  }
  const steps = (planes * taps.length) / 2;
  const offsets = launch.temporary(4 * (steps + 3));
  const stagedPerStrip = { perStrip: stripRows * strideH, staged: stagedRows };
  writeStage(launch, source, [vertical.origin, horizontal.origin], stagedPerStrip, phasePitch);
  launch.ints(launch.table(taps), taps.length / 2, offsets);
  const strips = Math.ceil(rows / stripRows);
  return { stripRows, strips, byteLength: 4 * (planes * planePitch + 16), steps, offsets };
}

function convolve(launch: Launch, c: Convolution): void {
  const { source, rows, columns } = c;
  const { groups } = source;
  const channels = c.outChannels / groups;
  if (c.images * channels * rows * columns === 0) return;
  if (suitsWinograd(c)) {
    convolveByWinograd(launch, c);
    return;
  }
  const staging = writeStaging(launch, source, c.vertical, c.horizontal, c.kW, rows, columns);
  const blocks = groups * Math.ceil(channels / 4);
  launch.floats(c.weight);
  launch.ints(...c.weightSteps, launch.temporary(blocks * staging.steps * 16));
  launch.floats(c.out, c.bias);
  launch.int(c.activation);
  launch.float(c.negativeSlope);
  launch.ints(groups, channels, rows, columns, c.origin, c.rowStep, c.columnStep, c.planeSize);
  launch.ints(staging.stripRows, staging.strips, source.strideH);
  launch.scratch(128 + staging.byteLength + 8 * staging.stripRows * Math.ceil(columns / 4));
  launch.run("conv2dPack", 1 + blocks);
  launch.run("conv2d", c.images * groups * staging.strips);
}

function forwardAxes(p: Conv2dParams): { vertical: Axis; horizontal: Axis } {
  const vertical = forwardAxis(p.kH, p.dilationH, p.padTop);
  return { vertical, horizontal: forwardAxis(p.kW, p.dilationW, p.padLeft) };
}

function imagesAsSource(operand: Operand, p: Conv2dParams): Source {
  const { cIn: channels, hIn: height, wIn: width, groups, strideH, strideW } = p;
  return { operand, channels, height, width, groups, strideH, strideW };
}

export const conv2d: HostKernel<"conv2d"> = (launch, [x, weight, bias, out], p) => {
  const area = p.kH * p.kW;
  const perGroup = p.cIn / p.groups;
  convolve(launch, {
    ...{ images: p.n, source: imagesAsSource(x, p), ...forwardAxes(p), kW: p.kW, weight },
    weightSteps: [(p.cOut / p.groups) * perGroup * area, perGroup * area, area],
    ...{
      out,
      outChannels: p.cOut,
      bias,
      activation: activations[p.activation],
      negativeSlope: p.negativeSlope,
    },
    ...{
      rows: p.hOut,
      columns: p.wOut,
      origin: 0,
      rowStep: p.wOut,
      columnStep: 1,
      planeSize: p.hOut * p.wOut,
    },
  });
};

export const conv2dInputGrad: HostKernel<"conv2dInputGrad"> = (launch, [gradOut, weight, gradX], p) => {
  const { n: images, groups, hIn, wIn, strideH, strideW, kW } = p;
  const area = p.kH * kW;
  const perGroup = p.cIn / groups;
  const shape = { channels: p.cOut, height: p.hOut, width: p.wOut };
  const source = { operand: gradOut, ...shape, groups, strideH: 1, strideW: 1 };
  for (let top = 0; top < Math.min(strideH, hIn); top++) {
    for (let left = 0; left < Math.min(strideW, wIn); left++) {
      launch.begin("conv2dInputGrad");
      convolve(launch, {
        ...{ images, source, kW, weight, out: gradX, outChannels: p.cIn },
        vertical: backwardAxis(p.kH, p.dilationH, p.padTop, strideH, top),
        horizontal: backwardAxis(kW, p.dilationW, p.padLeft, strideW, left),
        weightSteps: [(p.cOut / groups) * perGroup * area, area, perGroup * area],
        ...{ bias: null, activation: activations.none, negativeSlope: 0 },
        rows: Math.ceil((hIn - top) / strideH),
        columns: Math.ceil((wIn - left) / strideW),
        ...{ origin: top * wIn + left, rowStep: strideH * wIn, columnStep: strideW, planeSize: hIn * wIn },
      });
    }
  }
};

export const conv2dWeightGrad: HostKernel<"conv2dWeightGrad"> = (launch, [gradOut, x, gradWeight], p) => {
  const { groups, hOut: rows, wOut: columns } = p;
  if (p.cIn * p.cOut * p.kH * p.kW === 0) return;
  const images = rows * columns === 0 ? 0 : p.n;
  const source = imagesAsSource(x, p);
  const axes = forwardAxes(p);
  const correlation = { images, source, ...axes, outChannels: p.cOut, rows, columns, columnStep: 1 };
  if (images > 0 && suitsWinograd(correlation)) {
    weightGradByWinograd(launch, correlation, gradOut, gradWeight);
    return;
  }
  const maxRows = Math.max(1, Math.floor(CONV_GRADIENT_BYTES / (32 * Math.max(columns, 1))));
  const { vertical, horizontal } = axes;
  const staging = writeStaging(
    launch,
    source,
    vertical,
    horizontal,
    p.kW,
    Math.max(rows, 1),
    columns,
    maxRows,
  );
  const channels = p.cOut / groups;
  const lanes = Math.ceil(channels / 8) * 8;
  const partialBytes = 4 * groups * Math.ceil(staging.steps / 4) * 4 * lanes;
  const { imagesPerRange, ranges } = rangesOf(images, partialBytes);

  launch.floats(gradOut, gradWeight);
  launch.ints(launch.temporary(partialBytes * ranges), images, imagesPerRange, groups, channels);
  launch.ints(rows, columns, staging.stripRows, staging.strips, p.strideH);
  launch.scratch(staging.byteLength + 4 * staging.stripRows * columns * lanes + 64);
  launch.run("conv2dWeightGradOffsets", 1);
  launch.run("conv2dWeightGrad", ranges * groups);
  launch.run("conv2dWeightGradMerge", groups * Math.ceil(channels / 4));
};
