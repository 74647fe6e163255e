/**
 * Calls of the ops that look at images through windows, or resample them.
 */

import type { Draw, Generate } from "../draw.ts";
import { activation } from "./networks.ts";

/** One number for both directions, or one for each. */
function both(d: Draw, low: number, high: number, least: number): [number, number, unknown] {
  const [h, w] = [d.integer(low, high), d.integer(low, high)];
  if (d.chance(0.5)) return [h, h, d.count(h, least)];
  return [h, w, [d.count(h, least), d.count(w, least)]];
}

/** A size that the window fits into, with what lies around it. */
function roomFor(d: Draw, kernel: number, dilation: number, padding: number): number {
  return Math.max(1, dilation * (kernel - 1) + 1 - 2 * padding) + d.integer(0, 6);
}

/** Groups, and channels that they divide. */
function channels(d: Draw): { groups: number; cIn: number; cOut: number } {
  const groups = d.pick([1, 1, 1, 2, 3]);
  return { groups, cIn: groups * d.integer(1, 5), cOut: groups * d.integer(1, 5) };
}

const bias = (d: Draw, size: number) => d.floats([size], { optional: true, exact: true });

export const convGenerators = {
  conv2d: (d) => {
    const [kH, kW] = [d.integer(1, 4), d.integer(1, 4)];
    const [, , stride] = both(d, 1, 3, 1);
    const [padH, padW, padding] = both(d, 0, 2, 0);
    const [dilationH, dilationW, dilation] = both(d, 1, 2, 1);
    const { groups, cIn, cOut } = channels(d);
    const image = [roomFor(d, kH, dilationH, padH), roomFor(d, kW, dilationW, padW)];
    const maxPool = d.chance(0.2) && { maxPool: d.count(1, 1) };
    const common = { dilation, groups: d.count(groups, 1), ...activation(d), ...maxPool };
    const options = d.chance(0.2)
      ? { ...common, padding: "same" }
      : { ...common, padding, ...d.some({ stride }) };
    const [x, weight] = [d.floats([d.integer(0, 3), cIn, ...image]), d.floats([cOut, cIn / groups, kH, kW])];
    return [x, weight, bias(d, cOut), options];
  },
  conv1d: (d) => {
    const kernel = d.integer(1, 4);
    const [dilation, padding] = [d.integer(1, 2), d.integer(0, 2)];
    const { groups, cIn, cOut } = channels(d);
    const common = { dilation: d.count(dilation, 1), groups: d.count(groups, 1), ...activation(d) };
    const stride = d.count(d.integer(1, 3), 1);
    const options = d.chance(0.2)
      ? { ...common, padding: "same" }
      : { ...common, padding: d.count(padding, 0), ...d.some({ stride }) };
    const x = d.floats([d.integer(0, 3), cIn, roomFor(d, kernel, dilation, padding)]);
    return [x, d.floats([cOut, cIn / groups, kernel]), bias(d, cOut), options];
  },
  convTranspose2d: (d) => {
    const [kH, kW] = [d.integer(1, 4), d.integer(1, 4)];
    const [strideH, strideW, stride] = both(d, 1, 3, 1);
    const [, , dilation] = both(d, 1, 2, 1);
    const padding = [d.count(d.integer(0, (kH - 1) >> 1), 0), d.count(d.integer(0, (kW - 1) >> 1), 0)];
    const more = [strideH, strideW].map((step) => d.count(d.integer(0, step - 1), 0));
    const { groups, cIn, cOut } = channels(d);
    const x = d.floats([d.integer(0, 3), cIn, d.integer(1, 6), d.integer(1, 6)]);
    const options = {
      stride,
      groups: d.count(groups, 1),
      dilation,
      padding,
      ...d.some({ outputPadding: more }),
    };
    return [x, d.floats([cIn, cOut / groups, kH, kW]), bias(d, cOut), options];
  },
} as const satisfies Readonly<Record<string, Generate>>;

// ---- pools ----

/** An image [N, C, H, W] and a window that fits, with its stride and padding. */
function pooled2d(d: Draw, dilates: boolean) {
  const [kH, kW, kernel] = both(d, 1, 4, 1);
  const [padH, padW] = [d.integer(0, kH >> 1), d.integer(0, kW >> 1)];
  const [dilationH, dilationW, dilation] = dilates ? both(d, 1, 2, 1) : [1, 1, undefined];
  const image = [roomFor(d, kH, dilationH, padH), roomFor(d, kW, dilationW, padW)];
  const [, , stride] = both(d, 1, 3, 1);
  const padding = [d.count(padH, 0), d.count(padW, 0)];
  const common = { padding, ...d.some({ stride, ceilMode: d.flag() }) };
  return {
    x: d.floats([d.integer(0, 3), d.integer(1, 4), ...image]),
    kernel,
    options: dilates ? { ...common, dilation } : common,
  };
}

function pooled1d(d: Draw, dilates: boolean) {
  const kernel = d.integer(1, 4);
  const padding = d.integer(0, kernel >> 1);
  const dilation = dilates ? d.integer(1, 2) : 1;
  const common = {
    padding: d.count(padding, 0),
    ...d.some({ stride: d.count(d.integer(1, 3), 1), ceilMode: d.flag() }),
  };
  return {
    x: d.floats([d.integer(0, 3), d.integer(1, 4), roomFor(d, kernel, dilation, padding)]),
    kernel: d.count(kernel, 1),
    options: dilates ? { ...common, dilation: d.count(dilation, 1) } : common,
  };
}

const maxPool: Generate = (d) => {
  const { x, kernel, options } = pooled2d(d, true);
  return [x, kernel, options];
};

const adaptive: Generate = (d) => {
  const x = d.floats([d.integer(0, 3), d.integer(1, 4), d.filled(), d.filled()]);
  const [, , size] = both(d, 1, 5, 1);
  return [x, d.chance(0.2) ? [null, d.count(d.integer(1, 5), 1)] : size];
};

export const poolGenerators = {
  ...{ maxPool2d: maxPool, maxPool2dWithIndices: maxPool },
  maxPool1d: (d) => {
    const { x, kernel, options } = pooled1d(d, true);
    return [x, kernel, options];
  },
  avgPool2d: (d) => {
    const { x, kernel, options } = pooled2d(d, d.chance(0.5));
    const divisor = d.count(d.integer(1, 9), 1);
    return [x, kernel, { ...options, ...d.some({ countIncludePad: d.flag(), divisorOverride: divisor }) }];
  },
  avgPool1d: (d) => {
    const { x, kernel, options } = pooled1d(d, false);
    return [x, kernel, { ...options, ...d.some({ countIncludePad: d.flag() }) }];
  },
  ...{ adaptiveAvgPool2d: adaptive, adaptiveMaxPool2d: adaptive },
} as const satisfies Readonly<Record<string, Generate>>;

// ---- resampling ----

export const resamplingGenerators = {
  interpolate: (d) => {
    const x = d.floats([d.integer(0, 2), d.integer(1, 3), d.integer(2, 9), d.integer(2, 9)]);
    const mode = d.pick(["nearest", "nearest-exact", "bilinear", "bicubic", "area"]);
    const where = { coordinates: d.choice("halfPixel", "asymmetric", "alignCorners") };
    const rounding = d.choice("floor", "ceil", "roundPreferFloor", "roundPreferCeil");
    const how = mode.startsWith("bi")
      ? d.pick([d.some({ alignCorners: d.flag(), antialias: d.flag() }), where])
      : mode === "nearest"
        ? d.some({ ...where, rounding })
        : {};
    const [, , size] = both(d, 1, 12, 1);
    const factors = d.pick([0.5, 1, 1.5, 2, 2.25, 3]);
    const scaled = { scaleFactor: factors, ...d.some({ recomputeScaleFactor: d.flag() }) };
    return [x, { mode: d.choice(mode), ...how, ...(d.chance(0.5) ? { size } : scaled) }];
  },
  gridSample: (d) => {
    const n = d.integer(0, 2);
    const x = d.floats([n, d.integer(1, 3), d.integer(1, 7), d.integer(1, 7)]);
    const grid = d.within(-1.4, 1.4, [n, d.integer(0, 5), d.integer(0, 5), 2]);
    const options = {
      mode: d.choice("bilinear", "nearest"),
      paddingMode: d.choice("zeros", "border", "reflection"),
      alignCorners: d.flag(),
    };
    return [x, grid, ...d.upTo(d.some(options))];
  },
  affineGrid: (d) => {
    const [n, h, w] = [d.integer(0, 3), d.size(), d.size()];
    const size = [d.count(n, 0), d.count(d.integer(1, 3), 0), d.count(h, 0), d.count(w, 0)];
    return [d.floats([n, 2, 3], { exact: true }), size, ...d.upTo(d.some({ alignCorners: d.flag() }))];
  },
} as const satisfies Readonly<Record<string, Generate>>;
