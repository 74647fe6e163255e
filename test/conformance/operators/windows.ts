/**
 * ONNX's convolution, pools and resizing. A 1-D case is a 2-D one of height 1, and padding that is not the same on
 * both sides is put there by hand.
 */

import {
  amax,
  avgPool2d,
  conv2d,
  div,
  interpolate,
  maxPool2d,
  maxPool2dWithIndices,
  mean,
  onesLike,
  pad,
  squeeze,
  type Tensor,
  transpose,
  unsqueeze,
} from "mien";
import type { Call, Operator } from "../call.ts";

type Pair = readonly [number, number];

/** How the windows lie, in two dimensions. */
interface Windows {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly dilation: Pair;
  /** [top, left, bottom, right]. */
  readonly pads: readonly [number, number, number, number];
}

/** A list of one number per spatial dimension as a pair; in one dimension the height is `unit`. */
function pairOf(list: readonly number[] | null, unit: number): Pair {
  const [h = unit, w] = list ?? [];
  return w === undefined ? [unit, h] : [h, w];
}

/** The windows of a call on `x`, of rank 4. */
function windowsOf(call: Call, x: Tensor, kernel: Pair, oneDimensional: boolean): Windows {
  const stride = pairOf(call.list("strides"), 1);
  const dilation = pairOf(call.list("dilations"), 1);
  const auto = call.text("auto_pad", "NOTSET");
  if (auto.startsWith("SAME")) {
    const totals = [2, 3].map((d, i) => {
      const size = x.shape[d]!;
      const covered = (Math.ceil(size / stride[i]!) - 1) * stride[i]! + (kernel[i]! - 1) * dilation[i]! + 1;
      return Math.max(0, covered - size);
    });
    const before = totals.map((total) =>
      auto === "SAME_UPPER" ? Math.floor(total / 2) : Math.ceil(total / 2),
    );
    const after = totals.map((total, i) => total - before[i]!);
    return { kernel, stride, dilation, pads: [before[0]!, before[1]!, after[0]!, after[1]!] };
  }
  const pads = call.list("pads") ?? [];
  const [top = 0, left = 0, bottom = 0, right = 0] = oneDimensional ? [0, pads[0], 0, pads[1]] : pads;
  return { kernel, stride, dilation, pads: [top, left, bottom, right] };
}

function padded(x: Tensor, [top, left, bottom, right]: Windows["pads"], value: number): Tensor {
  return pad(x, [left, right, top, bottom], { value });
}

/** Runs `f` on an input with a height, and takes the height away again. */
function inTwoDimensions(x: Tensor, f: (x: Tensor, oneDimensional: boolean) => Tensor): Tensor {
  return x.ndim === 3 ? squeeze(f(unsqueeze(x, 2), true), 2) : f(x, false);
}

const conv: Operator = (call) =>
  inTwoDimensions(call.x(), (x, oneDimensional) => {
    const weight = oneDimensional ? unsqueeze(call.x(1), 2) : call.x(1);
    const kernel = [weight.shape[2]!, weight.shape[3]!] as const;
    const { stride, dilation, pads } = windowsOf(call, x, kernel, oneDimensional);
    const [top, left, bottom, right] = pads;
    const even = top === bottom && left === right;
    return conv2d(even ? x : padded(x, pads, 0), weight, call.optional(2), {
      stride,
      padding: even ? [top, left] : 0,
      dilation,
      groups: call.number("group", 1),
    });
  });

/** Padding that `avgPool2d` does not take is put there by hand; the share of what was there makes up for it. */
const averagePool: Operator = (call) =>
  inTwoDimensions(call.x(), (x, oneDimensional) => {
    const { kernel, stride, dilation, pads } = windowsOf(
      call,
      x,
      pairOf(call.list("kernel_shape"), 1),
      oneDimensional,
    );
    const options = { stride, dilation, ceilMode: call.flag("ceil_mode") };
    const countIncludePad = call.flag("count_include_pad");
    const [top, left, bottom, right] = pads;
    if (top === bottom && left === right && 2 * top <= kernel[0] && 2 * left <= kernel[1])
      return avgPool2d(x, kernel, { ...options, padding: [top, left], countIncludePad });
    const pool = (values: Tensor) => avgPool2d(padded(values, pads, 0), kernel, options);
    return countIncludePad ? pool(x) : div(pool(x), pool(onesLike(x)));
  });

/** Windows that hang over by more than half cannot be asked for, so the padding is put there by hand. */
const maxPool: Operator = (call) => {
  if (call.outputCount > 1) return maxPoolWithIndices(call);
  const whole = call.x().dtype === "int32";
  const pooled = inTwoDimensions(whole ? call.x().to("float32") : call.x(), (x, oneDimensional) => {
    const { kernel, stride, dilation, pads } = windowsOf(
      call,
      x,
      pairOf(call.list("kernel_shape"), 1),
      oneDimensional,
    );
    return maxPool2d(padded(x, pads, -Infinity), kernel, {
      stride,
      dilation,
      ceilMode: call.flag("ceil_mode"),
    });
  });
  return whole ? pooled.to("int32") : pooled;
};

/** Indices count along rows, or with `storage_order` along columns. */
function maxPoolWithIndices(call: Call): readonly Tensor[] {
  const byColumns = call.flag("storage_order");
  const { kernel, stride, dilation, pads } = windowsOf(
    call,
    call.x(),
    pairOf(call.list("kernel_shape"), 1),
    false,
  );
  const turn = (pair: Pair): Pair => (byColumns ? [pair[1], pair[0]] : pair);
  const x = byColumns ? transpose(call.x(), 2, 3) : call.x();
  const [values, indices] = maxPool2dWithIndices(x, turn(kernel), {
    stride: turn(stride),
    dilation: turn(dilation),
    padding: turn([pads[0], pads[1]]),
  });
  return [values, indices].map((out) => (byColumns ? transpose(out, 2, 3) : out));
}

const coordinates = {
  half_pixel: "halfPixel",
  asymmetric: "asymmetric",
  align_corners: "alignCorners",
} as const;
const roundings = {
  round_prefer_floor: "roundPreferFloor",
  round_prefer_ceil: "roundPreferCeil",
  floor: "floor",
  ceil: "ceil",
} as const;

/** Scales or sizes for the last two axes; `axes` says which numbers are meant. */
const resize: Operator = (call) => {
  const x = call.x();
  const axes = call.list("axes") ?? [0, 1, 2, 3];
  const along = (list: readonly number[], axis: number) => list[axes.indexOf(axis)]!;
  const scales = call.numbers(2);
  const sizes = call.numbers(3);
  const mode = call.text("mode", "nearest") === "linear" ? "bilinear" : "nearest";
  const target = scales
    ? { scaleFactor: [along(scales, 2), along(scales, 3)] as const }
    : { size: keepingAspect(call, x, [along(sizes!, 2), along(sizes!, 3)]) };
  const transform = call.text("coordinate_transformation_mode", "half_pixel") as keyof typeof coordinates;
  const nearest = call.text("nearest_mode", "round_prefer_floor") as keyof typeof roundings;
  return interpolate(x, {
    ...target,
    mode,
    coordinates: coordinates[transform],
    ...(mode === "nearest" ? { rounding: roundings[nearest] } : {}),
  });
};

function keepingAspect(call: Call, x: Tensor, size: Pair): Pair {
  const policy = call.text("keep_aspect_ratio_policy", "stretch");
  if (policy === "stretch") return size;
  const ratios = size.map((wanted, i) => wanted / x.shape[i + 2]!);
  const scale = policy === "not_larger" ? Math.min(...ratios) : Math.max(...ratios);
  return [Math.round(x.shape[2]! * scale), Math.round(x.shape[3]! * scale)];
}

const upsample: Operator = (call) =>
  interpolate(call.x(), { scaleFactor: [call.numbers(1)![2]!, call.numbers(1)![3]!], mode: "nearest" });

/** Over all spatial dimensions, kept as ones. */
const globally =
  (f: (x: Tensor, dims: readonly number[], keepdim: boolean) => Tensor): Operator =>
  (call) =>
    f(
      call.x(),
      call
        .x()
        .shape.map((_, d) => d)
        .slice(2),
      true,
    );

export const windows: Readonly<Record<string, Operator>> = {
  Conv: conv,
  AveragePool: averagePool,
  MaxPool: maxPool,
  GlobalAveragePool: globally(mean),
  GlobalMaxPool: globally(amax),
  Resize: resize,
  Upsample: upsample,
};
