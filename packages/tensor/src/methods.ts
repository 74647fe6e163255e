/**
 * The methods of Tensor that are ops: `x.add(y)` is `add(x, y)`.
 *
 * A name in this list is all it takes. The method's type is the op's without its first argument, and its documentation
 * is the op's own.
 */

import * as ops from "./ops/index.ts";
import { Tensor } from "./tensor.ts";

const names = [
  ...(["abs", "exp", "leakyRelu", "log", "neg", "reciprocal", "relu", "sign", "sqrt", "square"] as const),
  ...(["add", "div", "maximum", "minimum", "mul", "pow", "sub"] as const),
  ...(["eq", "ge", "gt", "le", "lt", "ne"] as const),
  ...(["amax", "amin", "argmax", "argmin", "max", "mean", "min", "sum"] as const),
  ...(["logSoftmax", "softmax"] as const),
  ...(["clone", "contiguous", "matmul"] as const),
  ...(["diagonal", "flatten", "movedim", "slice", "squeeze", "transpose", "unsqueeze"] as const),
  ...(["chunk", "narrow", "select", "split", "unbind"] as const),
  ...(["gather", "indexAdd", "indexSelect", "maskedFill", "scatterAdd", "tril", "triu"] as const),
  ...(["argsort", "cumsum", "flip", "repeatInterleave", "roll", "sort", "tile", "topk"] as const),
];

type Named = Pick<typeof ops, (typeof names)[number]>;

type Method<Op> = Op extends (x: Tensor, ...rest: infer Rest) => infer Result
  ? (...rest: Rest) => Result
  : never;

export type Methods = { [Name in keyof Named]: Method<Named[Name]> };

for (const name of names) {
  const value = function (this: Tensor, ...rest: unknown[]): unknown {
    // biome-ignore lint/performance/noDynamicNamespaceImportAccess: a tensor has all of its methods anyway.
    const op: unknown = ops[name];
    return (op as (x: Tensor, ...rest: unknown[]) => unknown)(this, ...rest);
  };
  Object.defineProperty(Tensor.prototype, name, { value, configurable: true, writable: true });
}
