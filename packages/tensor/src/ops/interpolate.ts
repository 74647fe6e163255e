/**
 * Images of another size.
 *
 * What sets the modes apart is where an output pixel looks among the input's, and how it weighs those it finds there.
 * Both are decided along one dimension at a time; the rest is one separable map.
 */

import { ArgumentError, ShapeError } from "../errors.ts";
import type { Tensor } from "../tensor.ts";
import { adaptiveMeans } from "./avg-pool.ts";
import { pair } from "./check.ts";
import { checkPlanes, type Size2d } from "./pool-window.ts";
import { type AxisMap, axisMap, resampling, type Tap } from "./resample.ts";

export type InterpolateMode = "nearest" | "nearest-exact" | "bilinear" | "bicubic" | "area";

/** Where output pixel i looks: at (i + 0.5) d - 0.5, at i d, or so that the corner pixels keep their places. */
export type Coordinates = "halfPixel" | "asymmetric" | "alignCorners";

/** Which neighbour is the nearest of a position between two. */
export type Rounding = "floor" | "ceil" | "roundPreferFloor" | "roundPreferCeil";

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
  /**
   * Where output pixels look, in ONNX's words, for every mode but "nearest-exact" and "area". Default: "asymmetric" for
   * "nearest", and what `alignCorners` says for the others.
   */
  readonly coordinates?: Coordinates;
  /** For "nearest", in ONNX's words. Default: "floor". */
  readonly rounding?: Rounding;
}

/** One dimension: its sizes, and the distance of neighbouring outputs among the inputs. */
interface Axis {
  readonly inputs: number;
  readonly outputs: number;
  /** The distance is `span / parts`; kept apart, because quotients of whole numbers are exact where they can be. */
  readonly span: number;
  readonly parts: number;
}

/** How far output `index` lies from the edge of the input, where 1.5 is the middle of the second pixel. */
function positionOf({ span, parts }: Axis, index: number): number {
  return (index * span) / parts;
}

/** The position of output `index`, where 1 is the middle of the second pixel. */
function lookAt(axis: Axis, index: number, coordinates: Coordinates): number {
  return coordinates === "halfPixel" ? positionOf(axis, index + 0.5) - 0.5 : positionOf(axis, index);
}

const rounded: Readonly<Record<Rounding, (position: number) => number>> = {
  floor: Math.floor,
  ceil: Math.ceil,
  roundPreferFloor: (position) => Math.ceil(position - 0.5),
  roundPreferCeil: (position) => Math.floor(position + 0.5),
};

function nearestMap(axis: Axis, coordinates: Coordinates, rounding: Rounding): AxisMap {
  const { inputs, outputs } = axis;
  return axisMap(inputs, outputs, (output) => {
    const nearest = rounded[rounding](lookAt(axis, output, coordinates));
    return [[Math.min(Math.max(nearest, 0), inputs - 1), 1]];
  });
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
function filterMap(axis: Axis, filter: Filter, coordinates: Coordinates): AxisMap {
  const { inputs, outputs } = axis;
  const clamped = (index: number): number => Math.min(Math.max(index, 0), inputs - 1);
  return axisMap(inputs, outputs, (output) => {
    const position = lookAt(axis, output, coordinates);
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

/** Where outputs look, whichever of the two options says it. */
function coordinatesOf({ mode = "nearest", alignCorners, coordinates }: InterpolateOptions): Coordinates {
  if (coordinates) return coordinates;
  if (mode === "nearest") return "asymmetric";
  return alignCorners ? "alignCorners" : "halfPixel";
}

function mapOf(axis: Axis, options: InterpolateOptions): AxisMap {
  const { mode = "nearest", antialias, rounding = "floor" } = options;
  const coordinates = coordinatesOf(options);
  switch (mode) {
    case "nearest":
      return nearestMap(axis, coordinates, rounding);
    case "nearest-exact":
      return nearestMap(axis, coordinates, "roundPreferCeil");
    case "bilinear":
      return antialias ? antialiasedMap(axis, triangle) : filterMap(axis, triangle, coordinates);
    case "bicubic":
      return antialias ? antialiasedMap(axis, cubic(-0.5)) : filterMap(axis, cubic(-0.75), coordinates);
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
  checkPlanes(op, x);
  checkMode(op, options);
  const [rows, columns] = axesOf(op, x, options).map((axis) => mapOf(axis, options));
  return mapInterpolate(x, rows!, columns!);
}

const modes: ReadonlySet<string> = new Set<InterpolateMode>([
  "nearest",
  "nearest-exact",
  "bilinear",
  "bicubic",
  "area",
]);

const places: ReadonlySet<string> = new Set<Coordinates>(["halfPixel", "asymmetric", "alignCorners"]);

function checkMode(op: string, options: InterpolateOptions): void {
  const { mode = "nearest", alignCorners, antialias, coordinates, rounding } = options;
  if (!modes.has(mode)) {
    throw new ArgumentError(`${op}: unknown mode, got "${mode}", expected one of ${[...modes].join(", ")}`);
  }
  if (coordinates !== undefined && !places.has(coordinates)) {
    throw new ArgumentError(
      `${op}: unknown coordinates, got "${coordinates}", expected one of ${[...places].join(", ")}`,
    );
  }
  if (
    coordinates !== undefined &&
    (alignCorners !== undefined || antialias || mode === "area" || mode === "nearest-exact")
  ) {
    throw new ArgumentError(
      `${op}: got coordinates beside mode "${mode}"${alignCorners === undefined ? "" : " and alignCorners"}` +
        `${antialias ? " and antialias" : ""}, expected one that leaves them open`,
    );
  }
  if (rounding !== undefined && (mode !== "nearest" || !Object.hasOwn(rounded, rounding))) {
    throw new ArgumentError(
      `${op}: got rounding "${rounding}" and mode "${mode}", expected "nearest" with one of ${Object.keys(rounded).join(", ")}`,
    );
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
  const { size, scaleFactor } = options;
  if ((size === undefined) === (scaleFactor === undefined)) {
    throw new ArgumentError(
      `${op}: got ${size === undefined ? "neither" : "both"} size and scaleFactor, expected one of them`,
    );
  }
  if (options.recomputeScaleFactor && scaleFactor === undefined) {
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
  return inputs.map((n, d) => {
    const axis = { inputs: n, outputs: outputs[d]! };
    if (coordinatesOf(options) === "alignCorners") {
      // PyTorch aligns the size that comes out, ONNX what the factor gives before it is rounded down.
      const aligned = options.coordinates && factors ? n * factors[d]! : axis.outputs;
      return { ...axis, span: axis.outputs > 1 ? n - 1 : 0, parts: aligned > 1 ? aligned - 1 : 1 };
    }
    const ignoresFactor = options.recomputeScaleFactor || isRoundFactor(axis.outputs / n, options);
    return factors === null || ignoresFactor
      ? { ...axis, span: n, parts: axis.outputs }
      : { ...axis, span: 1, parts: factors[d]! };
  });
}

/** Whether PyTorch takes this ratio of sizes for the factor, though the one that was given may be a little larger. */
function isRoundFactor(ratio: number, options: InterpolateOptions): boolean {
  const { mode = "nearest", antialias, coordinates } = options;
  if (coordinates) return false;
  if (ratio === 1) return mode === "nearest" || (mode === "bilinear" && !antialias);
  return ratio === 2 && mode === "nearest";
}

function factorsOf(op: string, scaleFactor: Size2d): readonly number[] {
  const factors = typeof scaleFactor === "number" ? [scaleFactor, scaleFactor] : scaleFactor;
  for (const factor of factors) {
    if (!(factor > 0 && factor < Infinity)) {
      throw new ArgumentError(`${op}: invalid scaleFactor, got ${factor}, expected a number above 0`);
    }
  }
  return factors;
}
