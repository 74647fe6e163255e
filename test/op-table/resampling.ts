/**
 * Rows for interpolation and grid sampling: every mode, up and down, points inside and outside of the image.
 */

import {
  ArgumentError,
  affineGrid,
  DeviceError,
  DTypeError,
  gridSample,
  interpolate,
  ShapeError,
} from "@mien/tensor";
import { constant, elsewhere, type Init, ints, Recipe, type Row, row, x } from "./row.ts";

/** Points up to half an image outside, away from the places where another pixel begins. */
const points: Init = (random) => Math.round(random.uniform(-1.5, 1.5) * 50) / 50 + 0.0123;

/** One image of one channel with a special value in its middle. */
const around = (value: number): Recipe =>
  new Recipe([1, 1, 5, 5], "float", (random, i) => (i === 12 ? value : random.normal()));

export const resamplingRows: readonly Row[] = [
  row("interpolate", interpolate, {
    method: null,
    samples: {
      "nearest, twice": [x([1, 2, 2, 3]), { scaleFactor: 2 }],
      "nearest, smaller": [x([1, 2, 5, 7]), { size: [2, 3] }],
      "nearest-exact": [x([1, 1, 3, 5]), { size: [5, 2], mode: "nearest-exact" }],
      "bilinear, larger": [x([2, 1, 3, 4]), { size: [5, 7], mode: "bilinear" }],
      "bilinear, smaller": [x([1, 2, 6, 5]), { size: 3, mode: "bilinear" }],
      "bilinear, aligned": [x([1, 1, 3, 4]), { size: [7, 2], mode: "bilinear", alignCorners: true }],
      "bilinear, aligned, to one": [x([1, 1, 3, 4]), { size: 1, mode: "bilinear", alignCorners: true }],
      "bilinear, by 1.5": [x([1, 1, 3, 5]), { scaleFactor: 1.5, mode: "bilinear" }],
      "bilinear, antialiased": [x([1, 1, 7, 9]), { size: [3, 2], mode: "bilinear", antialias: true }],
      "nearest, centres, the lower neighbour": [
        x([1, 1, 4, 6]),
        { size: [2, 4], coordinates: "halfPixel", rounding: "roundPreferFloor" },
      ],
      "nearest, aligned, rounded up": [
        x([1, 1, 4, 5]),
        { size: [8, 3], coordinates: "alignCorners", rounding: "ceil" },
      ],
      "bilinear from the edge": [
        x([1, 1, 3, 4]),
        { size: [5, 7], mode: "bilinear", coordinates: "asymmetric" },
      ],
      "bilinear, aligned before rounding down": [
        x([1, 1, 2, 4]),
        { scaleFactor: 0.6, mode: "bilinear", coordinates: "alignCorners" },
      ],
      bicubic: [x([1, 1, 4, 3]), { size: [6, 5], mode: "bicubic" }],
      "bicubic, antialiased": [x([1, 1, 9, 7]), { scaleFactor: 0.5, mode: "bicubic", antialias: true }],
      area: [x([1, 2, 5, 7]), { size: [3, 4], mode: "area" }],
      "area, by factors": [x([1, 1, 5, 6]), { scaleFactor: [0.5, 0.7], mode: "area" }],
      "factors recomputed": [
        x([1, 1, 5, 6]),
        { scaleFactor: [1.3, 0.7], mode: "bilinear", recomputeScaleFactor: true },
      ],
      "one pixel": [x([1, 1, 1, 1]), { size: [2, 3], mode: "bilinear" }],
      "the same size": [x([1, 2, 3, 4]), { size: [3, 4], mode: "bilinear" }],
      "no images": [x([0, 2, 3, 3]), { size: 2 }],
    },
    large: {
      "nearest, many planes": [x([3, 33, 9, 11]), { scaleFactor: 2 }],
      "bilinear, many planes": [x([3, 33, 9, 11]), { scaleFactor: 2, mode: "bilinear" }],
      "antialiased, wide": [x([2, 3, 40, 300]), { size: 5, mode: "bilinear", antialias: true }],
    },
    special: {
      NaN: [around(Number.NaN), { size: 7, mode: "bilinear" }],
      infinity: [around(Infinity), { size: 3 }],
    },
    errors: {
      "no size": [
        [x([1, 1, 4, 4]), {}],
        ArgumentError,
        /^interpolate: got neither size and scaleFactor, expected one of them/,
      ],
      "size and factor": [
        [x([1, 1, 4, 4]), { size: 2, scaleFactor: 2 }],
        ArgumentError,
        /^interpolate: got both size and scaleFactor, expected one of them/,
      ],
      "size 0": [
        [x([1, 1, 4, 4]), { size: [2, 0] }],
        ArgumentError,
        /^interpolate: invalid size, got 0, expected a whole number of at least 1/,
      ],
      "a factor below 0": [
        [x([1, 1, 4, 4]), { scaleFactor: -1 }],
        ArgumentError,
        /^interpolate: invalid scaleFactor, got -1, expected a number above 0/,
      ],
      "nothing left": [
        [x([1, 1, 4, 4]), { scaleFactor: 0.2 }],
        ShapeError,
        /^interpolate: nothing would be left, got scaleFactor 0.2, 0.2 for an image of 4x4, expected/,
      ],
      "another mode": [
        [x([1, 1, 4, 4]), { size: 2, mode: "linear" as "nearest" }],
        ArgumentError,
        /^interpolate: unknown mode, got "linear", expected one of nearest, nearest-exact, bilinear/,
      ],
      "nearest, aligned": [
        [x([1, 1, 4, 4]), { size: 2, alignCorners: false }],
        ArgumentError,
        /^interpolate: alignCorners does not go with this mode, got mode "nearest", expected "bilinear"/,
      ],
      "coordinates said twice": [
        [x([1, 1, 4, 4]), { size: 2, mode: "bilinear", coordinates: "halfPixel", alignCorners: true }],
        ArgumentError,
        /^interpolate: got coordinates beside mode "bilinear" and alignCorners, expected one that leaves/,
      ],
      "rounding of an average": [
        [x([1, 1, 4, 4]), { size: 2, mode: "bilinear", rounding: "ceil" }],
        ArgumentError,
        /^interpolate: got rounding "ceil" and mode "bilinear", expected "nearest" with one of floor, ceil/,
      ],
      "area, antialiased": [
        [x([1, 1, 4, 4]), { size: 2, mode: "area", antialias: true }],
        ArgumentError,
        /^interpolate: antialias does not go with this mode, got mode "area", expected "bilinear"/,
      ],
      "a size recomputed": [
        [x([1, 1, 4, 4]), { size: 2, recomputeScaleFactor: true }],
        ArgumentError,
        /^interpolate: got recomputeScaleFactor with a size, expected it with a scaleFactor only/,
      ],
      "three dimensions": [
        [x([1, 4, 4]), { size: 2 }],
        ShapeError,
        /^interpolate: input of the wrong rank, got shape \[1, 4, 4\], expected \[N, C, H, W\]/,
      ],
      int32: [[ints([1, 1, 4, 4]), { size: 2 }], DTypeError, /^interpolate: got int32, expected float32/],
    },
  }),
  row("gridSample", gridSample, {
    method: null,
    samples: {
      bilinear: [x([2, 3, 4, 5]), x([2, 3, 2, 2], points)],
      aligned: [x([1, 2, 4, 5]), x([1, 3, 4, 2], points), { alignCorners: true }],
      border: [x([1, 2, 4, 5]), x([1, 3, 4, 2], points), { paddingMode: "border" }],
      "border, aligned": [
        x([1, 2, 4, 5]),
        x([1, 3, 4, 2], points),
        { paddingMode: "border", alignCorners: true },
      ],
      reflection: [x([1, 2, 4, 5]), x([1, 3, 4, 2], points), { paddingMode: "reflection" }],
      "reflection, aligned": [
        x([1, 2, 4, 5]),
        x([1, 3, 4, 2], points),
        { paddingMode: "reflection", alignCorners: true },
      ],
      nearest: [x([1, 2, 4, 5]), x([1, 3, 4, 2], points), { mode: "nearest" }],
      "nearest, reflection": [
        x([1, 2, 4, 5]),
        constant([1, 3, 4, 2], points),
        { mode: "nearest", paddingMode: "reflection" },
      ],
      "one pixel": [x([1, 1, 1, 1]), x([1, 2, 3, 2], points)],
      "one point": [x([1, 5, 3, 3]), x([1, 1, 1, 2], points)],
      "no images": [x([0, 2, 3, 3]), x([0, 2, 2, 2], points)],
      "no points": [x([1, 2, 3, 3]), x([1, 0, 2, 2], points)],
      "the grid needs no gradient": [x([1, 2, 3, 3]), constant([1, 2, 2, 2], points)],
    },
    large: { "many channels": [x([2, 37, 9, 7]), x([2, 13, 11, 2], points), { paddingMode: "border" }] },
    special: {
      NaN: [around(Number.NaN), constant([1, 3, 3, 2], points)],
      "points of NaN": [around(1), constant([1, 2, 2, 2], () => Number.NaN), { paddingMode: "border" }],
    },
    errors: {
      "a grid of three": [
        [x([1, 1, 4, 4]), x([1, 2, 2, 3])],
        ShapeError,
        /^gridSample: grid does not fit the input \[1, 1, 4, 4\], got \[1, 2, 2, 3\], expected \[1, H', W', 2\]/,
      ],
      "another batch": [
        [x([2, 1, 4, 4]), x([1, 2, 2, 2])],
        ShapeError,
        /^gridSample: grid does not fit the input .* got \[1, 2, 2, 2\], expected \[2, H', W', 2\]/,
      ],
      "a flat grid": [
        [x([1, 1, 4, 4]), x([1, 2, 2])],
        ShapeError,
        /^gridSample: grid of the wrong rank, got shape \[1, 2, 2\], expected \[N, H', W', 2\]/,
      ],
      "no pixels": [
        [x([1, 1, 0, 4]), x([1, 2, 2, 2])],
        ShapeError,
        /^gridSample: there are no pixels, got shape \[1, 1, 0, 4\], expected/,
      ],
      "a grid of int32": [
        [x([1, 1, 4, 4]), ints([1, 2, 2, 2])],
        DTypeError,
        /^gridSample: different element types, got float32 and int32, expected the same/,
      ],
      bicubic: [
        [x([1, 1, 4, 4]), x([1, 2, 2, 2]), { mode: "bicubic" as "nearest" }],
        ArgumentError,
        /^gridSample: unknown mode, got "bicubic", expected one of bilinear, nearest/,
      ],
      "another padding": [
        [x([1, 1, 4, 4]), x([1, 2, 2, 2]), { paddingMode: "circular" as "zeros" }],
        ArgumentError,
        /^gridSample: unknown paddingMode, got "circular", expected one of zeros, border, reflection/,
      ],
      "different devices": [
        [x([1, 1, 3, 3]), elsewhere(x([1, 2, 2, 2]))],
        DeviceError,
        /^gridSample: tensors on different devices, got \w+ and \w+, expected one/,
      ],
    },
  }),
  row("affineGrid", affineGrid, {
    method: null,
    samples: {
      plain: [x([2, 2, 3]), [2, 3, 4, 5]],
      aligned: [x([1, 2, 3]), [1, 1, 3, 4], { alignCorners: true }],
      "one pixel": [x([1, 2, 3]), [1, 1, 1, 1]],
      "one row, aligned": [x([3, 2, 3]), [3, 1, 1, 4], { alignCorners: true }],
      "no images": [x([0, 2, 3]), [0, 1, 2, 2]],
    },
    errors: {
      "theta of another shape": [
        [x([2, 3, 3]), [2, 3, 4, 5]],
        ShapeError,
        /^affineGrid: theta of the wrong shape, got \[2, 3, 3\], expected \[2, 2, 3\]/,
      ],
      "a size of three": [
        [x([2, 2, 3]), [2, 4, 5]],
        ShapeError,
        /^affineGrid: got size \[2, 4, 5\], expected \[N, C, H, W\]/,
      ],
      int32: [
        [ints([1, 2, 3]), [1, 1, 2, 2]],
        DTypeError,
        /^affineGrid: got int32, expected float32 or float64/,
      ],
    },
  }),
];
