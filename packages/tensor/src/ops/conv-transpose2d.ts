/**
 * Transposed convolution: the way back of a convolution, from its output's grid to its input's.
 *
 * A convolution is a linear map; this is that map's transpose, which is just what the gradient for the input applies.
 * So it needs no kernel of its own: forward is the convolution's input gradient, its input's gradient is the
 * convolution, and its weight's gradient is the convolution's with the two images exchanged.
 */

import { apply, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import { ArgumentError, ShapeError } from "../errors.ts";
import type { Conv2dParams } from "../kernels.ts";
import { scope } from "../memory.ts";
import { show } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { once } from "./activation.ts";
import { add } from "./binary.ts";
import { checkFloat, checkRank, checkSameDevice, checkSameDType, pair } from "./check.ts";
import { checkBias, checkWindow } from "./conv2d.ts";
import { contiguous } from "./copy.ts";
import { reshape } from "./view.ts";

export interface ConvTranspose2dOptions {
  /** How far apart the input's pixels come to lie, one number or [height, width]. Default: 1. */
  readonly stride?: number | readonly [number, number];
  /** Rows and columns that are cut off on each side. Default: 0. */
  readonly padding?: number | readonly [number, number];
  /** Rows and columns more at the end; less than stride or dilation. Default: 0. */
  readonly outputPadding?: number | readonly [number, number];
  /** Distance between the taps of the window. Default: 1. */
  readonly dilation?: number | readonly [number, number];
  /** Channels are split into this many groups that do not see each other. Default: 1. */
  readonly groups?: number;
}

/** The parameters are those of the convolution that this is the way back of: its `in` is our output. */
const convTranspose2dOp: Op<[x: Tensor, weight: Tensor], Conv2dParams> = {
  name: "convTranspose2d",
  saves: { inputs: [0, 1] },
  forward([x, weight], params) {
    const { device, dtype } = x;
    const out = empty([params.n, params.cIn, params.hIn, params.wIn], { device, dtype });
    device.launch("conv2dInputGrad", [contiguous(x), contiguous(weight), out], params);
    return out;
  },
  gradients: ({ grad, input, params }) => {
    const { device, dtype } = grad;
    const dense = once(() => contiguous(grad));
    return [
      () => {
        const gradX = empty([params.n, params.cOut, params.hOut, params.wOut], { device, dtype });
        const plain = { ...params, activation: "none", negativeSlope: 0 } as const;
        device.launch("conv2d", [dense(), contiguous(input(1)), null, gradX], plain);
        return gradX;
      },
      (into) => {
        const shape = [params.cOut, params.cIn / params.groups, params.kH, params.kW];
        const gradWeight = into ?? empty(shape, { device, dtype });
        device.launch("conv2dWeightGrad", [contiguous(input(0)), dense(), gradWeight], params);
        return gradWeight;
      },
    ];
  },
};

/**
 * A transposed convolution over images, as decoders use it to enlarge them.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.conv_transpose2d.html
 *
 * @param x [N, C, H, W]
 * @param weight [C, out channels / groups, kernel height, kernel width]
 * @param bias [out channels], or null
 * @returns [N, out channels, H', W'] with
 *   H' = (H - 1) stride - 2 padding + dilation (kernel - 1) + outputPadding + 1
 */
export function convTranspose2d(
  x: Tensor,
  weight: Tensor,
  bias: Tensor | null = null,
  options: ConvTranspose2dOptions = {},
): Tensor {
  const op = "convTranspose2d";
  checkFloat(op, x);
  checkSameDevice(op, x, weight, bias);
  checkSameDType(op, x, weight, bias);
  checkRank(op, "input", x, ["N", "C", "H", "W"]);
  checkRank(op, "weight", weight, ["in", "out/groups", "kH", "kW"]);
  const [n, channels, height, width] = x.shape as [number, number, number, number];
  const [expected, outGroup, kH, kW] = weight.shape as [number, number, number, number];
  const { groups = 1 } = options;
  if (channels !== expected) {
    throw new ShapeError(
      `${op}: channels do not match, got input ${show(x.shape)} and weight ${show(weight.shape)}, ` +
        `expected ${expected} input channels`,
    );
  }
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new ArgumentError(
      `${op}: got groups ${groups}, expected a divisor of the ${channels} input channels`,
    );
  }
  if (height === 0 || width === 0) {
    throw new ShapeError(`${op}: images without pixels, got ${show(x.shape)}, expected at least 1x1`);
  }
  checkWindow(op, weight.shape, [kH, kW]);
  checkBias(op, bias, outGroup * groups);
  const [strideH, strideW] = pair(op, "stride", options.stride ?? 1, 1);
  const [dilationH, dilationW] = pair(op, "dilation", options.dilation ?? 1, 1);
  const [padTop, padLeft] = pair(op, "padding", options.padding ?? 0, 0);
  const [moreH, moreW] = pair(op, "outputPadding", options.outputPadding ?? 0, 0);
  if (moreH >= Math.max(strideH, dilationH) || moreW >= Math.max(strideW, dilationW)) {
    throw new ArgumentError(
      `${op}: got outputPadding ${show([moreH, moreW])}, expected less than stride ` +
        `${show([strideH, strideW])} or dilation ${show([dilationH, dilationW])}`,
    );
  }
  const hOut = (height - 1) * strideH - 2 * padTop + dilationH * (kH - 1) + moreH + 1;
  const wOut = (width - 1) * strideW - 2 * padLeft + dilationW * (kW - 1) + moreW + 1;
  if (hOut < 1 || wOut < 1) {
    throw new ShapeError(
      `${op}: padding leaves nothing, got an output of ${hOut}x${wOut}, expected at least 1x1`,
    );
  }
  const params: Conv2dParams = {
    ...{ n, cIn: outGroup * groups, hIn: hOut, wIn: wOut, cOut: channels, hOut: height, wOut: width },
    ...{ kH, kW, strideH, strideW, padTop, padLeft, dilationH, dilationW, groups },
  };
  if (!bias) return apply(convTranspose2dOp, [x, weight], params);
  return scope(() => add(apply(convTranspose2dOp, [x, weight], params), reshape(bias, [params.cIn, 1, 1])));
}
