/**
 * The methods of Tensor that are ops: `x.add(y)` is `add(x, y)`.
 *
 * A name in this list is all it takes. The method's type is the op's without its first argument, and its documentation
 * is the op's own.
 */

import * as ops from "./ops/index.ts";
import { Tensor } from "./tensor.ts";

const names = [
  ...(["abs", "ceil", "clamp", "cos", "erf", "exp", "expm1", "floor", "log", "log1p", "neg"] as const),
  ...(["reciprocal", "round", "rsqrt", "sign", "sin", "sqrt", "square", "tanh", "trunc"] as const),
  ...(["elu", "gelu", "hardsigmoid", "hardswish", "hardtanh", "leakyRelu", "logSigmoid"] as const),
  ...(["relu", "relu6", "selu", "sigmoid", "silu", "softplus", "softsign"] as const),
  ...(["add", "div", "maximum", "minimum", "mul", "pow", "remainder", "sub"] as const),
  ...(["eq", "ge", "gt", "le", "lt", "ne"] as const),
  ...(["all", "any", "countNonzero", "mean", "prod", "sum"] as const),
  ...(["amax", "amin", "argmax", "argmin", "max", "min"] as const),
  ...(["logSumExp", "norm", "std", "var"] as const),
  ...(["isFinite", "isInf", "isNaN", "logicalAnd", "logicalNot", "logicalOr", "logicalXor"] as const),
  ...(["logSoftmax", "softmax"] as const),
  ...(["clone", "contiguous", "matmul"] as const),
  ...(["diagonal", "flatten", "movedim", "slice", "squeeze", "transpose", "unsqueeze"] as const),
  ...(["chunk", "narrow", "select", "split", "unbind"] as const),
  ...(["gather", "indexAdd", "indexSelect", "maskedFill", "scatterAdd", "tril", "triu"] as const),
  ...(["argsort", "cumsum", "flip", "repeatInterleave", "roll", "sort", "tile", "topk"] as const),
];

type Named = Pick<typeof ops, (typeof names)[number]>;

/** The signature of an op without the tensor in front; the last two of one that, as `max`, has several. */
type Method<Op> = Op extends {
  (x: Tensor, ...rest: infer First): infer FirstResult;
  (x: Tensor, ...rest: infer Rest): infer Result;
}
  ? [First, FirstResult] extends [Rest, Result]
    ? (...rest: Rest) => Result
    : { (...rest: First): FirstResult; (...rest: Rest): Result }
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
