/**
 * The contract of the kernels that go element by element.
 */

import type { Operand } from "../device.ts";

/**
 * y = f(x), with up to two constants: leakyRelu is x > 0 ? x : alpha * x, and affine is x * alpha + beta.
 * NaN stays NaN everywhere, also through sign.
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
  | "affine";

/**
 * z = f(a, b). The comparisons write bool, all others the type of `a`. maximum and minimum propagate NaN; pow follows
 * C, where 1 to the power of NaN is 1.
 * `leakyReluGrad` is b > 0 ? a : alpha * a, where a is the output's gradient and b the output.
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
  | "leakyReluGrad";

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
