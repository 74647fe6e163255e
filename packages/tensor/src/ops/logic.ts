/**
 * Questions about the elements of one tensor, answered as bool. Nothing here has a gradient; logicalAnd and its kin
 * stand beside the comparisons in binary.ts.
 */

import type { UnaryOp } from "../kernels.ts";
import type { Tensor } from "../tensor.ts";
import { checkFloat, checkTypes } from "./check.ts";
import { launch, type Unary } from "./unary.ts";

export type Predicate = Extract<UnaryOp, "logicalNot" | "isNan" | "isInf" | "isFinite">;

function define(name: string, kernel: Predicate): Unary {
  return (x) => {
    checkFloat(name, x);
    return launch(kernel, x, "bool");
  };
}

/** Whether an element is NaN. https://pytorch.org/docs/stable/generated/torch.isnan.html */
const isNotANumber = define("isNaN", "isNan");
/** Whether an element is Infinity or -Infinity. https://pytorch.org/docs/stable/generated/torch.isinf.html */
export const isInf: Unary = define("isInf", "isInf");
/** Whether an element is neither NaN nor infinite. https://pytorch.org/docs/stable/generated/torch.isfinite.html */
const isANumber = define("isFinite", "isFinite");

// JavaScript has functions of these names, which no declaration should hide.
export { isANumber as isFinite, isNotANumber as isNaN };

/** Whether an element does not hold, of bool. https://pytorch.org/docs/stable/generated/torch.logical_not.html */
export function logicalNot(x: Tensor): Tensor {
  checkTypes("logicalNot", x, ["bool"]);
  return launch("logicalNot", x, "bool");
}
