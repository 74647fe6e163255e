/**
 * Images of another size.
 *
 * What sets the modes apart is where an output pixel looks among the input's, and how it weighs those it finds there.
 * Both are decided along one dimension at a time; the rest is one separable map.
 */

import { ArgumentError, ShapeError } from "../errors.ts";
import { checkList } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { adaptiveMeans } from "./avg-pool.ts";
import { checkFlag, checkMost, checkNames, checkNumber, checkWord, pair } from "./check.ts";
import { checkPlanes, type Size2d } from "./pool-window.ts";
import { type AxisMap, axisMap, LONGEST_SIDE, resampling, type Tap } from "./resample.ts";

export type InterpolateMode = "nearest" | "nearest-exact" | "bilinear" | "bicubic" | "area";

export interface InterpolateOptions {
  /** Of the output: one number or [height, width]. */
  readonly size?: Size2d;
  /** Or how many times larger it is to be; the size is rounded down. */
  readonly scaleFactor?: Size2d;
  /** Default: "nearest". */
  readonly mode?: InterpolateMode;
  /**
   * For "bilinear" and "bicubic": whether the centres of the corner pixels stay in their places, or their outer
   * corners. Default: false, the outer corners.
   */
  readonly alignCorners?: boolean;
  /** Whether positions follow from the sizes even where `scaleFactor` is given. Default: false. */
  readonly recomputeScaleFactor?: boolean;
  /** For "bilinear" and "bicubic": whether to average over what lies between when shrinking. Default: false. */
  readonly antialias?: boolean;
}

/** One dimension: its sizes, and the distance of neighbouring outputs among the inputs. */
interface Axis {
  readonly inputs: number;
  readonly outputs: number;
  /** The distance is `span / parts`; kept apart, because quotients of whole numbers are exact where they can be. */
  readonly span: number;
  readonly parts: number;
}

/** The position of output `index` (in halves: 1.5 is the middle of the second pixel). */
function positionOf({ span, parts }: Axis, index: number): number {
  return (index * span) / parts;
}

function nearestMap(axis: Axis, centre: 0 | 0.5): AxisMap {
  const last = axis.inputs - 1;
  return axisMap(axis.inputs, axis.outputs, (output) => [
    [Math.min(Math.floor(positionOf(axis, output + centre)), last), 1],
  ]);
}

/** Weights of neighbours by their distance, in pixels, up to `reach`. */
interface Filter {
  readonly reach: number;
  weight(distance: number): number;
}

const triangle: Filter = {
  reach: 1,
  weight: (distance) => Math.max(0, 1 - Math.abs(distance)),
};

/** Keys' cubic convolution. PyTorch takes a = -0.75, and -0.5 with antialiasing, as Pillow does. */
function cubic(a: number): Filter {
  return {
    reach: 2,
    weight(distance) {
      const x = Math.abs(distance);
      if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
      return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
    },
  };
}

/** The inputs round a position, weighed by their distance; those outside are the pixel at the edge. */
function filterMap(axis: Axis, filter: Filter, alignCorners: boolean): AxisMap {
  const { inputs, outputs } = axis;
  const clamped = (index: number): number => Math.min(Math.max(index, 0), inputs - 1);
  return axisMap(inputs, outputs, (output) => {
    const position = alignCorners ? positionOf(axis, output) : positionOf(axis, output + 0.5) - 0.5;
    const base = Math.floor(position);
    return Array.from({ length: 2 * filter.reach }, (_, i): Tap => {
      const index = base - filter.reach + 1 + i;
      return [clamped(index), filter.weight(position - index)];
    });
  });
}

/** The same with a filter as wide as the distance between outputs, if that is more than a pixel. */
function antialiasedMap(axis: Axis, filter: Filter): AxisMap {
  const { inputs, outputs } = axis;
  const width = Math.max(1, positionOf(axis, 1));
  return axisMap(inputs, outputs, (output) => {
    const centre = positionOf(axis, output + 0.5);
    const start = Math.max(0, Math.trunc(centre - filter.reach * width + 0.5));
    const end = Math.min(inputs, Math.trunc(centre + filter.reach * width + 0.5));
    const taps = Array.from(
      { length: end - start },
      (_, i): Tap => [start + i, filter.weight((start + i + 0.5 - centre) / width)],
    );
    const total = taps.reduce((sum, [, weight]) => sum + weight, 0);
    return taps.map(([index, weight]): Tap => [index, weight / total]);
  });
}

function mapOf(axis: Axis, mode: InterpolateMode, alignCorners: boolean, antialias: boolean): AxisMap {
  switch (mode) {
    case "nearest":
      return nearestMap(axis, 0);
    case "nearest-exact":
      return nearestMap(axis, 0.5);
    case "bilinear":
      return antialias ? antialiasedMap(axis, triangle) : filterMap(axis, triangle, alignCorners);
    case "bicubic":
      return antialias ? antialiasedMap(axis, cubic(-0.5)) : filterMap(axis, cubic(-0.75), alignCorners);
    case "area":
      return adaptiveMeans(axis.inputs, axis.outputs);
    default:
      return mode satisfies never;
  }
}

const mapInterpolate = resampling("interpolate");

/**
 * An image of another size. https://pytorch.org/docs/stable/generated/torch.nn.functional.interpolate.html
 *
 * @param x [N, C, H, W]
 * @param options `size` or `scaleFactor`, and how
 * @returns [N, C, height, width]
 */
export function interpolate(x: Tensor, options: InterpolateOptions): Tensor {
  const op = "interpolate";
  checkNames(op, options, names);
  checkPlanes(op, x);
  const { mode = "nearest", alignCorners = false, antialias = false } = options;
  checkMode(op, mode, options);
  const [rows, columns] = axesOf(op, x, options).map((axis) => mapOf(axis, mode, alignCorners, antialias));
  return mapInterpolate(x, rows!, columns!);
}

const names = ["size", "scaleFactor", "mode", "alignCorners", "recomputeScaleFactor", "antialias"] as const;
const modes: readonly InterpolateMode[] = ["nearest", "nearest-exact", "bilinear", "bicubic", "area"];

function checkMode(op: string, mode: InterpolateMode, { alignCorners, antialias }: InterpolateOptions): void {
  checkWord(op, "mode", mode, modes);
  for (const [name, given] of Object.entries({ alignCorners, antialias })) {
    if (given !== undefined) checkFlag(op, name, given);
  }
  if (mode === "bilinear" || mode === "bicubic") return;
  for (const [name, given] of Object.entries({ alignCorners, antialias })) {
    if (given !== undefined && (given || name === "alignCorners")) {
      throw new ArgumentError(
        `${op}: ${name} does not go with this mode, got mode "${mode}", expected "bilinear" or "bicubic"`,
      );
    }
  }
}

/** Rows and columns: how many come out, and how far apart they are among those that go in. */
function axesOf(op: string, x: Tensor, options: InterpolateOptions): Axis[] {
  const { size, scaleFactor, alignCorners = false, recomputeScaleFactor = false } = options;
  checkFlag(op, "recomputeScaleFactor", recomputeScaleFactor);
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ArgumentError(
      `${op}: got ${size === undefined ? "neither" : "both"} size and scaleFactor, expected one of them`,
    );
  }
  if (recomputeScaleFactor && scaleFactor === undefined) {
    throw new ArgumentError(
      `${op}: got recomputeScaleFactor with a size, expected it with a scaleFactor only`,
    );
  }
  const inputs = x.shape.slice(2);
  const factors = scaleFactor === undefined ? null : factorsOf(op, scaleFactor);
  const outputs =
    size === undefined ? inputs.map((n, d) => Math.floor(n * factors![d]!)) : pair(op, "size", size, 1);
  if (outputs.some((n) => n < 1)) {
    throw new ShapeError(
      `${op}: nothing would be left, got scaleFactor ${factors!.join(", ")} for an image of ` +
        `${inputs.join("x")}, expected at least one pixel`,
    );
  }
  for (const n of outputs) checkMost(op, "an output size of", n, LONGEST_SIDE);
  return inputs.map((n, d) => {
    const axis = { inputs: n, outputs: outputs[d]! };
    if (alignCorners)
      return { ...axis, span: axis.outputs > 1 ? n - 1 : 0, parts: Math.max(1, axis.outputs - 1) };
    const ignoresFactor = recomputeScaleFactor || isRoundFactor(axis.outputs / n, options);
    return factors === null || ignoresFactor
      ? { ...axis, span: n, parts: axis.outputs }
      : { ...axis, span: 1, parts: factors[d]! };
  });
}

/** Whether PyTorch takes this ratio of sizes for the factor, though the one that was given may be a little larger. */
function isRoundFactor(ratio: number, { mode = "nearest", antialias }: InterpolateOptions): boolean {
  if (ratio === 1) return mode === "nearest" || (mode === "bilinear" && !antialias);
  return ratio === 2 && mode === "nearest";
}

function factorsOf(op: string, scaleFactor: Size2d): readonly number[] {
  const factors = typeof scaleFactor === "number" ? [scaleFactor, scaleFactor] : scaleFactor;
  checkList(op, "scaleFactor", factors);
  for (const factor of factors) {
    checkNumber(op, "scaleFactor", factor);
    if (!(factor > 0 && factor < Infinity)) {
      throw new ArgumentError(`${op}: invalid scaleFactor, got ${factor}, expected a number above 0`);
    }
  }
  return factors;
}
