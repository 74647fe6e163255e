/**
 * Ops that a program brings along: shape, kernel and gradient in one place.
 *
 * What a built-in op spreads over the contract and three devices stands in one definition here. The kernel is written
 * twice, in JavaScript for the reference and the CPU device and as the body of a WGSL function for WebGPU, and the
 * gradient once, in tensors; it may call other ops, also ones defined like this.
 */

import { apply, type GradRule, type Op } from "./autograd.ts";
import { empty } from "./create.ts";
import type { DType, TypedArray } from "./dtype.ts";
import { ArgumentError, GradError } from "./errors.ts";
import type { CustomKernel } from "./kernels/custom.ts";
import { checkSameDevice, checkTensor } from "./ops/check.ts";
import { contiguous } from "./ops/copy.ts";
import type { Shape } from "./shape.ts";
import type { Tensor } from "./tensor.ts";

/** What a gradient may look at. */
export interface DefinedOpContext<Name extends string, Params> {
  /** The gradient of the output. */
  readonly grad: Tensor;
  readonly inputs: Readonly<Record<Name, Tensor>>;
  readonly output: Tensor;
  readonly params: Params;
}

export interface OpDefinition<
  Names extends readonly string[],
  Params extends Readonly<Record<string, number>>,
> {
  /** For messages: the name under which the op is called. */
  readonly name: string;
  /** The names of its tensors, in the order of the arguments; at most seven. */
  readonly inputs: Names;
  /** The parameters with their default values; numbers only. Default: none. */
  readonly params?: Params;
  /** The shape of the output. Throw a ShapeError here for shapes that do not fit. Default: that of the first input. */
  readonly shape?: (shapes: Readonly<Record<Names[number], Shape>>, params: Params) => Shape;
  /** The element type of the output. Default: that of the first input. */
  readonly dtype?: DType;
  /** Fills `out` from the inputs: row-major arrays of exactly the tensors' elements, which must not be kept. */
  readonly js: (arrays: Readonly<Record<Names[number] | "out", TypedArray>>, params: Params) => void;
  /**
   * The body of a WGSL function that returns element `i` (u32) of the output. An input is a function of an index,
   * `x(i)`, and a parameter a field, `params.beta` (f32). Without it the op is refused on WebGPU.
   */
  readonly wgsl?: string;
  /**
   * For each input that has a gradient, a function that computes it, of the input's shape (or one that broadcasting
   * it would give). Only what is needed is called. Without it, backward() through the op is refused.
   */
  readonly backward?: (
    context: DefinedOpContext<Names[number], Params>,
  ) => Partial<Readonly<Record<Names[number], () => Tensor>>>;
}

/** A tensor for each name, then the parameters that differ from their defaults. */
export type DefinedOp<Names extends readonly string[], Params> = (
  ...args: [...tensors: { [I in keyof Names]: Tensor }, params?: Partial<Params>]
) => Tensor;

const reserved = new Set(["out", "i", "params", "uniforms", "element", "main"]);

/** @throws ArgumentError for names that cannot stand in a shader, or more inputs than a shader can bind. */
function checkNames(op: string, inputs: readonly string[], params: readonly string[]): void {
  if (inputs.length < 1 || inputs.length > 7)
    throw new ArgumentError(`defineOp: ${op} has ${inputs.length} inputs, expected 1 to 7`);
  const names = [...inputs, ...params];
  const bad = names.find((name, i) => {
    return !/^[a-zA-Z][a-zA-Z0-9]*$/.test(name) || reserved.has(name) || names.indexOf(name) !== i;
  });
  if (bad === undefined) return;
  throw new ArgumentError(
    `defineOp: ${op} cannot have the name ${bad}, expected letters and digits, each name once, ` +
      `and none of ${[...reserved].join(", ")}`,
  );
}

/**
 * Makes a function of an op's definition. It is recorded, differentiated and checked like any other op, and
 * `gradcheck` tells whether its gradient is right.
 *
 * @throws ArgumentError for names that a shader cannot have
 * @example
 * const swish = defineOp({
 *   name: "swish",
 *   inputs: ["x"],
 *   params: { beta: 1 },
 *   js: ({ x, out }, { beta }) => out.forEach((_, i) => { out[i] = x[i]! / (1 + Math.exp(-beta * x[i]!)); }),
 *   wgsl: "return x(i) / (1.0 + exp(-params.beta * x(i)));",
 *   backward: ({ grad, inputs: { x }, params: { beta } }) => ({
 *     x: () => {
 *       const s = x.mul(beta).sigmoid();
 *       return grad.mul(s.add(x.mul(beta).mul(s).mul(s.neg().add(1))));
 *     },
 *   }),
 * });
 * const y = swish(x, { beta: 1.5 });
 */
export function defineOp<
  const Names extends readonly string[],
  Params extends Readonly<Record<string, number>> = Readonly<Record<never, number>>,
>(definition: OpDefinition<Names, Params>): DefinedOp<Names, Params> {
  type Name = Names[number];
  const { name, inputs: names, js, wgsl = null, backward } = definition;
  const defaults = definition.params ?? ({} as Params);
  checkNames(name, names, Object.keys(defaults));
  const kernel: CustomKernel = {
    name,
    inputs: names,
    params: Object.keys(defaults),
    js: js as CustomKernel["js"],
    wgsl,
  };
  const byName = <T>(values: readonly T[]) =>
    Object.fromEntries(names.map((one, i) => [one, values[i]!])) as Record<Name, T>;

  const op: Op<readonly Tensor[], Params> = {
    name,
    saves: backward ? { inputs: names.map((_, i) => i), output: true } : {},
    forward(tensors, params) {
      const shapes = byName(tensors.map(({ shape }) => shape));
      const first = tensors[0]!;
      const shape = definition.shape?.(shapes, params) ?? first.shape;
      const out = empty(shape, { device: first.device, dtype: definition.dtype ?? first.dtype });
      const dense = tensors.map(contiguous);
      const counts = [out, ...dense].map(({ numel }) => numel);
      first.device.launch("custom", [out, ...dense], { kernel, counts, values: params });
      return out;
    },
    gradients({ grad, params, input, output }) {
      if (!backward) {
        throw new GradError(
          `${name}: it has no backward, got a gradient for its output, expected none. ` +
            "Help: give defineOp a backward, or call the op in noGrad() or on detach()ed tensors",
        );
      }
      const context: DefinedOpContext<Name, Params> = {
        grad,
        params,
        get inputs() {
          return byName(names.map((_, i) => input(i)));
        },
        get output() {
          return output();
        },
      };
      const rules: Partial<Record<string, GradRule>> = backward(context);
      return names.map((one) => rules[one] ?? null);
    },
  };

  return (...args) => {
    const tensors = args.slice(0, names.length) as Tensor[];
    const given = (args[names.length] ?? {}) as Partial<Params>;
    const unknown = Object.keys(given).find((key) => !(key in defaults));
    if (unknown !== undefined) {
      const known = Object.keys(defaults).join(", ") || "no parameters";
      throw new ArgumentError(`${name}: got the parameter ${unknown}, expected ${known}`);
    }
    checkTensor(name, ...names.map((_, i) => tensors[i]!));
    checkSameDevice(name, tensors[0]!, ...tensors.slice(1));
    return apply(op, tensors, { ...defaults, ...given });
  };
}
