/**
 * The contract of the kernels that go element by element.
 */

import type { Operand } from "../device.ts";

/**
 * y = f(x), with up to two constants. NaN stays NaN everywhere, also through sign and clamp.
 *
 * leakyRelu is x > 0 ? x : alpha * x; affine is x * alpha + beta; clamp is min(max(x, alpha), beta); round goes to the
 * even neighbour from halfway between two; gelu is x / 2 * (1 + erf(x / sqrt(2))), and geluTanh has
 * tanh(sqrt(2 / pi) * (x + 0.044715 x^3)) for the erf; silu is x * sigmoid(x); elu is
 * beta * (x > 0 ? x : alpha * expm1(x)); softplus is alpha * x > beta ? x : log1p(exp(alpha * x)) / alpha;
 * hardsigmoid is min(max(x + 3, 0), 6) / 6 and hardswish that times x.
 *
 * All take floats. neg, abs, square, sign, relu and clamp also take int32. logicalNot takes and gives bool; isNan,
 * isInf and isFinite give bool.
 */
export type UnaryOp =
  | "neg"
  | "abs"
  | "exp"
  | "log"
  | "sqrt"
  | "square"
  | "reciprocal"
  | "sign"
  | "relu"
  | "leakyRelu"
  | "affine"
  | "clamp"
  | "expm1"
  | "log1p"
  | "rsqrt"
  | "sin"
  | "cos"
  | "tanh"
  | "erf"
  | "floor"
  | "ceil"
  | "round"
  | "trunc"
  | "sigmoid"
  | "silu"
  | "elu"
  | "gelu"
  | "geluTanh"
  | "softplus"
  | "hardswish"
  | "hardsigmoid"
  | "logicalNot"
  | "isNan"
  | "isInf"
  | "isFinite";

/**
 * The gradient through a function, from that of its output (a) and the function's input or output (b), in one pass.
 *
 * sigmoidGrad and tanhGrad see the output, leakyReluGrad either, all others the input. The constants are those of the
 * function. hardtanhGrad is a where alpha < b < beta and else 0; clampGrad lets the bounds themselves through too.
 * At -3 and 3 hardsigmoidGrad is 0, and hardswishGrad has the slope of the side from there on: -1/2 and 1.
 */
export type DerivativeOp =
  | "leakyReluGrad"
  | "sigmoidGrad"
  | "tanhGrad"
  | "siluGrad"
  | "eluGrad"
  | "geluGrad"
  | "geluTanhGrad"
  | "softplusGrad"
  | "hardswishGrad"
  | "hardsigmoidGrad"
  | "hardtanhGrad"
  | "clampGrad";

/**
 * z = f(a, b). The comparisons write bool, all others the type of `a`. maximum and minimum propagate NaN; pow follows
 * C, where 1 to the power of NaN is 1; remainder has the sign of b. The logical functions take bool.
 *
 * int32 wraps. A quotient of int32 is cut off towards zero, one by 0 is 0, and a remainder by 0 too; a whole number
 * to a negative power is 0, but for 1 and -1.
 */
export type BinaryOp =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "pow"
  | "maximum"
  | "minimum"
  | "eq"
  | "ne"
  | "lt"
  | "le"
  | "gt"
  | "ge"
  | "remainder"
  | "logicalAnd"
  | "logicalOr"
  | "logicalXor"
  | DerivativeOp;

export interface ElementwiseKernels {
  /** out[0..count) = value. */
  fill: { operands: [out: Operand]; params: { count: number; value: number } };

  /** out = x, both strided, converted to the type of `out` (float to int truncates, anything to bool is x != 0). In-place: writes only the elements that `outStrides` reach. */
  copy: {
    operands: [x: Operand, out: Operand];
    params: { shape: readonly number[]; xStrides: readonly number[]; outStrides: readonly number[] };
  };

  /** out += x, both contiguous. In-place. */
  accumulate: { operands: [x: Operand, out: Operand]; params: { count: number } };

  unary: {
    operands: [x: Operand, out: Operand];
    params: {
      op: UnaryOp;
      shape: readonly number[];
      xStrides: readonly number[];
      alpha: number;
      beta: number;
    };
  };

  binary: {
    operands: [a: Operand, b: Operand, out: Operand];
    params: {
      op: BinaryOp;
      shape: readonly number[];
      aStrides: readonly number[];
      bStrides: readonly number[];
      alpha: number;
      beta: number;
    };
  };

  /** out = condition ? a : b; condition is bool, all strided. */
  where: {
    operands: [condition: Operand, a: Operand, b: Operand, out: Operand];
    params: {
      shape: readonly number[];
      conditionStrides: readonly number[];
      aStrides: readonly number[];
      bStrides: readonly number[];
    };
  };
}
