/**
 * ONNX's reductions. Their axes are an attribute or a second input, and without any they reduce everything.
 */

import {
  abs,
  all,
  amax,
  amin,
  any,
  argmax,
  argmin,
  flip,
  log,
  logSumExp,
  mean,
  norm,
  pad,
  prod,
  square,
  sub,
  sum,
  type Tensor,
} from "mien";
import type { Call, Operator } from "../call.ts";

type Reduction = (x: Tensor, dims: readonly number[], keepdim: boolean) => Tensor;

const over =
  (f: Reduction): Operator =>
  (call) => {
    const x = call.x();
    const given = call.list("axes") ?? call.numbers(1) ?? [];
    if (given.length === 0 && call.flag("noop_with_empty_axes")) return x;
    return f(x, given.length > 0 ? given : x.shape.map((_, d) => d), call.flag("keepdims", true));
  };

/** The largest or smallest element; of truth values whether any or all are true; over nothing an infinity. */
const extremum =
  (f: Reduction, ofBool: Reduction, ofNothing: number): Reduction =>
  (x, dims, keepdim) => {
    if (x.dtype === "bool") return ofBool(x, dims, keepdim);
    const filled = x.numel > 0 ? x : padEmpty(x, dims, ofNothing);
    return f(filled, dims, keepdim);
  };

/** A choice among nothing is refused, so what is empty gets one element that never wins. */
function padEmpty(x: Tensor, dims: readonly number[], value: number): Tensor {
  const wanted = x.shape.map((_, d) => (dims.includes(d) || dims.includes(d - x.ndim)) && x.shape[d] === 0);
  const padding = wanted.flatMap((fill) => [0, Number(fill)]).reverse();
  return pad(x, pairwise(padding), { value });
}

/** `pad` wants [before, after] from the last dimension on; the reversed list above has [after, before]. */
function pairwise(reversed: readonly number[]): number[] {
  return reversed.map((_, i) => reversed[i % 2 === 0 ? i + 1 : i - 1]!);
}

const choose =
  (f: (x: Tensor, dim: number, keepdim: boolean) => Tensor): Operator =>
  (call: Call) => {
    const x = call.x();
    const axis = call.number("axis", 0);
    const keepdim = call.flag("keepdims", true);
    if (!call.flag("select_last_index")) return f(x, axis, keepdim);
    const last = x.shape.at(axis)! - 1;
    return sub(last, f(flip(x, [axis]), axis, keepdim));
  };

export const reductions: Readonly<Record<string, Operator>> = {
  ReduceSum: over(sum),
  ReduceMean: over(mean),
  ReduceProd: over(prod),
  ReduceMax: over(extremum(amax, any, -Infinity)),
  ReduceMin: over(extremum(amin, all, Infinity)),
  ReduceL1: over((x, dims, keepdim) => sum(abs(x), dims, keepdim)),
  ReduceL2: over((x, dims, keepdim) => norm(x, { dims, keepdim })),
  ReduceLogSum: over((x, dims, keepdim) => log(sum(x, dims, keepdim))),
  ReduceLogSumExp: over(logSumExp),
  ReduceSumSquare: over((x, dims, keepdim) => sum(square(x), dims, keepdim)),
  ArgMax: choose(argmax),
  ArgMin: choose(argmin),
};
