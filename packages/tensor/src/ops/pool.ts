/**
 * Max pooling. The forward pass notes where each maximum came from, and the gradient goes back there.
 */

import { apply, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import type { Pool2dParams } from "../kernels.ts";
import type { Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { checkFloat, checkNames, checkRank, pair } from "./check.ts";
import { windowsAlong } from "./conv2d.ts";
import { contiguous } from "./copy.ts";

export interface MaxPool2dOptions {
  /** Steps of the window, one number or [height, width]. Default: the window's size. */
  readonly stride?: number | readonly [number, number];
  /** Cells on each side that never win; at most half the window. Default: 0. */
  readonly padding?: number | readonly [number, number];
  /** Distance between the cells of the window. Default: 1. */
  readonly dilation?: number | readonly [number, number];
}

type Params = Pool2dParams & { readonly outShape: Shape };

const maxPool2dOp: Op<[x: Tensor], Params> = {
  name: "maxPool2d",
  saves: {},
  forward([x], params, save) {
    const { device, dtype } = x;
    const out = empty(params.outShape, { device, dtype });
    const indices = empty(params.outShape, { device, dtype: "int32" });
    device.launch("maxPool2d", [contiguous(x), out, indices], params);
    save(indices);
    return out;
  },
  gradients: ({ grad, extra, params }) => [
    () => {
      const shape = [...params.outShape.slice(0, 2), params.hIn, params.wIn];
      const gradX = empty(shape, { device: grad.device, dtype: grad.dtype });
      grad.device.launch("maxPool2dGrad", [contiguous(grad), extra(0), gradX], params);
      return gradX;
    },
  ],
};

/**
 * The maximum over each window. https://pytorch.org/docs/stable/generated/torch.nn.functional.max_pool2d.html
 *
 * @param x [N, C, H, W]
 * @param kernelSize of the window, one number or [height, width]
 * @returns [N, C, H', W'] with H' = floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1
 */
export function maxPool2d(
  x: Tensor,
  kernelSize: number | readonly [number, number],
  options: MaxPool2dOptions = {},
): Tensor {
  const op = "maxPool2d";
  checkNames(op, options, ["stride", "padding", "dilation"]);
  checkFloat(op, x);
  checkRank(op, "input", x, ["N", "C", "H", "W"]);
  const [n, c, hIn, wIn] = x.shape as [number, number, number, number];
  const [kH, kW] = pair(op, "kernelSize", kernelSize, 1);
  const [strideH, strideW] = pair(op, "stride", options.stride ?? [kH, kW], 1);
  const [padTop, padLeft] = pair(op, "padding", options.padding ?? 0, 0);
  const [dilationH, dilationW] = pair(op, "dilation", options.dilation ?? 1, 1);
  if (padTop > kH / 2 || padLeft > kW / 2) {
    throw new ArgumentError(
      `${op}: got padding ${padTop}, ${padLeft}, expected at most half the window ${kH}x${kW}`,
    );
  }
  const hOut = windowsAlong(hIn, kH, strideH, 2 * padTop, dilationH);
  const wOut = windowsAlong(wIn, kW, strideW, 2 * padLeft, dilationW);
  if (hOut < 1 || wOut < 1) {
    throw new ShapeError(
      `${op}: the window is larger than the padded input, got window ` +
        `${dilationH * (kH - 1) + 1}x${dilationW * (kW - 1) + 1}, expected at most ${hIn + 2 * padTop}x${wIn + 2 * padLeft}`,
    );
  }
  return apply(maxPool2dOp, [x], {
    planes: n * c,
    ...{ hIn, wIn, hOut, wOut, kH, kW, strideH, strideW, padTop, padLeft, dilationH, dilationW },
    outShape: [n, c, hOut, wOut],
  });
}
