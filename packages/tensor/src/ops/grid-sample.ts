/**
 * Grid sampling: an image read wherever a second tensor says, and the grids of affine maps. Together they are the
 * spatial transformer (Jaderberg et al., https://arxiv.org/abs/1506.02025).
 */

import { apply, type Op } from "../autograd.ts";
import { empty, tensor } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import type { GridSampleMode, GridSamplePadding, GridSampleParams } from "../kernels.ts";

import { scope } from "../memory.ts";
import { type Shape, sameShape, show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkFloat, checkRank, checkSameDevice, checkSameDType } from "./check.ts";
import { contiguous } from "./copy.ts";
import { matmul } from "./matmul.ts";
import { checkPlanes } from "./pool-window.ts";
import { reshape, transpose } from "./view.ts";

export interface GridSampleOptions {
  /** "bilinear" weighs the four pixels round a point, "nearest" takes one. Default: "bilinear". */
  readonly mode?: GridSampleMode;
  /** What lies outside of the image: zeros, its border, or its reflection. Default: "zeros". */
  readonly paddingMode?: GridSamplePadding;
  /** Whether -1 and 1 are the centres of the outermost pixels, or their outer edges. Default: false, the edges. */
  readonly alignCorners?: boolean;
}

const gridSampleOp: Op<[x: Tensor, grid: Tensor], GridSampleParams> = {
  name: "gridSample",
  saves: { inputs: [0, 1] },
  forward([x, grid], params) {
    const { n, c, hOut, wOut } = params;
    const out = empty([n, c, hOut, wOut], { device: x.device, dtype: x.dtype });
    x.device.launch("gridSample", [contiguous(x), contiguous(grid), out], params);
    return out;
  },
  gradients: ({ grad, input, params }) => {
    const { device, dtype } = grad;
    const { n, c, hIn, wIn, hOut, wOut } = params;
    return [
      () => {
        const gradX = empty([n, c, hIn, wIn], { device, dtype });
        device.launch("gridSampleInputGrad", [contiguous(grad), contiguous(input(1)), gradX], params);
        return gradX;
      },
      () => {
        const gradGrid = empty([n, hOut, wOut, 2], { device, dtype });
        const operands = [contiguous(grad), contiguous(input(0)), contiguous(input(1)), gradGrid] as const;
        device.launch("gridSampleGridGrad", [...operands], params);
        return gradGrid;
      },
    ];
  },
};

/**
 * The image at the points of a grid. https://pytorch.org/docs/stable/generated/torch.nn.functional.grid_sample.html
 *
 * Has gradients for both, which are the same in every run. On a GPU the gradient for `x` asks every output pixel for
 * each input pixel, which takes time in proportion to H W H' W'.
 *
 * @param x [N, C, H, W]
 * @param grid [N, H', W', 2]: (x, y) of each output pixel, from -1 (left, top) to 1 (right, bottom)
 * @returns [N, C, H', W']
 */
export function gridSample(x: Tensor, grid: Tensor, options: GridSampleOptions = {}): Tensor {
  const op = "gridSample";
  const { mode = "bilinear", paddingMode = "zeros", alignCorners = false } = options;
  checkSameDevice(op, x, grid);
  checkPlanes(op, x);
  checkSameDType(op, x, grid);
  checkRank(op, "grid", grid, ["N", "H'", "W'", "2"]);
  const [n, c, hIn, wIn] = x.shape as [number, number, number, number];
  const [, hOut, wOut] = grid.shape as [number, number, number, number];
  if (!sameShape(grid.shape, [n, hOut, wOut, 2])) {
    throw new ShapeError(
      `${op}: grid does not fit the input ${show(x.shape)}, got ${show(grid.shape)}, expected [${n}, H', W', 2]`,
    );
  }
  checkChoice(op, "mode", mode, ["bilinear", "nearest"]);
  checkChoice(op, "paddingMode", paddingMode, ["zeros", "border", "reflection"]);
  const sizes = { n, c, hIn, wIn, hOut, wOut };
  return apply(gridSampleOp, [x, grid], { ...sizes, mode, padding: paddingMode, alignCorners });
}

function checkChoice(op: string, what: string, choice: string, choices: readonly string[]): void {
  if (choices.includes(choice)) return;
  throw new ArgumentError(`${op}: unknown ${what}, got "${choice}", expected one of ${choices.join(", ")}`);
}

/** `count` coordinates from -1 to 1: of the outermost pixels' centres, or of all centres between the outer edges. */
function coordinates(count: number, alignCorners: boolean): number[] {
  return Array.from({ length: count }, (_, i) => {
    if (!alignCorners) return (2 * i + 1) / count - 1;
    return count > 1 ? (2 * i) / (count - 1) - 1 : 0;
  });
}

/**
 * The grid of an affine map, for `gridSample`.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.affine_grid.html
 *
 * @param theta [N, 2, 3]: per image the map from (x, y, 1) in the output to (x, y) in the input
 * @param size [N, C, H, W] of the output
 * @returns [N, H, W, 2]
 */
export function affineGrid(theta: Tensor, size: Shape, options: { alignCorners?: boolean } = {}): Tensor {
  const op = "affineGrid";
  checkFloat(op, theta);
  const [n, , h, w] = size as [number, number, number, number];
  if (size.length !== 4 || size.some((one) => !Number.isInteger(one) || one < 0)) {
    throw new ShapeError(`${op}: got size ${show(size)}, expected [N, C, H, W]`);
  }
  if (!sameShape(theta.shape, [n, 2, 3])) {
    throw new ShapeError(`${op}: theta of the wrong shape, got ${show(theta.shape)}, expected [${n}, 2, 3]`);
  }
  const { alignCorners = false } = options;
  const ys = coordinates(h, alignCorners);
  const xs = coordinates(w, alignCorners);
  return scope(() => {
    const points = ys.flatMap((y) => xs.flatMap((x) => [x, y, 1]));
    const { device, dtype } = theta;
    const base = tensor(points, { device, dtype, shape: [h * w, 3] });
    return reshape(matmul(base, transpose(theta, 1, 2)), [n, h, w, 2]);
  });
}
