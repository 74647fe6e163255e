/**
 * Checks gradients against the definition of a derivative.
 *
 * The derivative of f at x is what (f(x + eps) - f(x - eps)) / 2 eps tends to. So every gradient that a backward rule
 * computes can be checked by running the forward pass alone, at two points beside the one in question, for each
 * element of each input. That takes float64: with eps = 1e-6, float32 would have no digit left of the difference.
 */

import { ArgumentError, DTypeError, GradError } from "./errors.ts";
import { noGrad } from "./grad-mode.ts";
import { scope } from "./memory.ts";
import { type Shape, show } from "./shape.ts";
import { Tensor } from "./tensor.ts";

/** A function of tensors. It may not keep state, and gives the same result each time. */
export type CheckedFunction = (inputs: readonly Tensor[]) => Tensor | readonly Tensor[];

/** How one output changes with one input, by the rules and by finite differences. */
export interface Jacobian {
  /** Position among the inputs. */
  readonly input: number;
  readonly inputShape: Shape;
  /** Position among the outputs. */
  readonly output: number;
  readonly outputShape: Shape;
  /** [elements of the output, elements of the input], from backward passes. */
  readonly analytic: Float64Array;
  /** The same from central differences. */
  readonly numeric: Float64Array;
}

export interface GradcheckOptions {
  /** The step of the finite differences. Default: 1e-6. */
  readonly eps?: number;
  /** What analytic and numeric value may differ by: atol + rtol * |numeric|. Default: 1e-5. */
  readonly atol?: number;
  /** Default: 1e-3. */
  readonly rtol?: number;
  /** What the gradients of two equal backward passes may differ by. Default: 0, equal bits. */
  readonly nondetTol?: number;
}

/**
 * Checks the gradients of `f` for all inputs that require grad, element by element, and runs each backward pass twice.
 * https://pytorch.org/docs/stable/generated/torch.autograd.gradcheck.gradcheck.html
 *
 * @param inputs those that require grad are float64 and share no memory; they have the same values afterwards
 * @returns true
 * @throws GradError that names input, element, analytic and numeric value
 */
export async function gradcheck(
  f: CheckedFunction,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): Promise<true> {
  const { eps = 1e-6, atol = 1e-5, rtol = 1e-3, nondetTol = 0 } = options;
  for (const jacobian of await jacobians(f, inputs, eps, nondetTol)) {
    const { analytic, numeric } = jacobian;
    // Written so that NaN fails.
    const wrong = numeric.findIndex((value, i) => {
      const difference = Math.abs(analytic[i]! - value);
      return !(difference <= atol + rtol * Math.abs(value));
    });
    if (wrong < 0) continue;
    throw new GradError(
      `gradcheck: wrong gradient of ${place(jacobian, wrong)}, got ${analytic[wrong]} (analytic), ` +
        `expected ${numeric[wrong]} (numeric)`,
    );
  }
  return true;
}

/**
 * The Jacobians of `f`, for each output and each input that requires grad, computed in both ways.
 *
 * @throws GradError if two equal backward passes differ by more than `nondetTol`
 */
export async function jacobians(
  f: CheckedFunction,
  inputs: readonly Tensor[],
  eps = 1e-6,
  nondetTol = 0,
): Promise<Jacobian[]> {
  const wanted = inputs.flatMap((x, i) => (x.requiresGrad ? [i] : []));
  if (wanted.length === 0) {
    throw new ArgumentError("gradcheck: got no input that requires grad, expected at least one");
  }
  for (const i of wanted) {
    const { dtype } = inputs[i]!;
    if (dtype !== "float64") {
      throw new DTypeError(`gradcheck: input ${i} of the wrong type, got ${dtype}, expected float64`);
    }
  }
  const first = await analyticJacobians(f, inputs, wanted);
  const second = await analyticJacobians(f, inputs, wanted);
  for (const input of wanted) await addNumeric(f, inputs, input, eps, first);
  for (const [n, jacobian] of first.entries()) {
    const again = second[n]!.analytic;
    const differs = jacobian.analytic.findIndex(
      (value, i) => !Object.is(value, again[i]) && !(Math.abs(value - again[i]!) <= nondetTol),
    );
    if (differs < 0) continue;
    throw new GradError(
      `gradcheck: two backward passes differ in the gradient of ${place(jacobian, differs)}, ` +
        `got ${again[differs]}, expected ${jacobian.analytic[differs]}`,
    );
  }
  return first;
}

/** One backward pass for each element of each output gives a row of the Jacobian of each input. */
async function analyticJacobians(
  f: CheckedFunction,
  inputs: readonly Tensor[],
  wanted: readonly number[],
): Promise<Jacobian[]> {
  const leaves = inputs.map((x) => {
    const leaf = x.detach();
    leaf.requiresGrad = x.requiresGrad;
    return leaf;
  });
  const outputs = listOf(scope(() => f(leaves)));
  const found: Jacobian[] = [];
  for (const [output, out] of outputs.entries()) {
    const own = wanted.map((input) => empty(input, inputs[input]!, output, out));
    if (out.requiresGrad) {
      for (let row = 0; row < out.numel; row++) {
        const direction = new Float64Array(out.numel);
        direction[row] = 1;
        using gradient = out.zerosLike().copy_(direction);
        out.backward(gradient, { retainGraph: true });
        for (const { input, analytic } of own) {
          const leaf = leaves[input]!;
          if (leaf.grad) analytic.set(await leaf.grad.data(), row * leaf.numel);
          leaf.zeroGrad();
        }
      }
    }
    found.push(...own);
  }
  for (const tensor of [...outputs, ...leaves]) tensor.dispose();
  return found;
}

/** Two forward passes for each element of an input give a column of the Jacobian of each output. */
async function addNumeric(
  f: CheckedFunction,
  inputs: readonly Tensor[],
  input: number,
  eps: number,
  found: readonly Jacobian[],
): Promise<void> {
  const x = inputs[input]!;
  const own = found.filter((jacobian) => jacobian.input === input);
  const values = await x.data();
  const at = async (element: number, value: number): Promise<Float64Array[]> => {
    const outputs = noGrad(() =>
      scope(() => {
        x.copy_(values.with(element, value));
        return listOf(f(inputs));
      }),
    );
    const results = await Promise.all(outputs.map(async (out) => Float64Array.from(await out.data())));
    for (const out of outputs) if (!inputs.includes(out)) out.dispose();
    return results;
  };
  try {
    for (let element = 0; element < x.numel; element++) {
      const above = values[element]! + eps;
      const below = values[element]! - eps;
      const high = await at(element, above);
      const low = await at(element, below);
      for (const { output, numeric } of own) {
        for (let row = 0; row < high[output]!.length; row++) {
          numeric[row * x.numel + element] = (high[output]![row]! - low[output]![row]!) / (above - below);
        }
      }
    }
  } finally {
    noGrad(() => x.copy_(values));
  }
}

function empty(input: number, x: Tensor, output: number, out: Tensor): Jacobian {
  const size = out.numel * x.numel;
  return {
    ...{ input, inputShape: x.shape, output, outputShape: out.shape },
    analytic: new Float64Array(size),
    numeric: new Float64Array(size),
  };
}

function listOf(outputs: Tensor | readonly Tensor[]): readonly Tensor[] {
  return outputs instanceof Tensor ? [outputs] : outputs;
}

/** For messages: `input 0 at [1, 2] in output 0 at [3]`. */
function place({ input, inputShape, output, outputShape }: Jacobian, position: number): string {
  const columns = inputShape.reduce((count, size) => count * size, 1);
  const [row, column] = [Math.floor(position / columns), position % columns];
  return `input ${input} at ${show(indexOf(column, inputShape))} in output ${output} at ${show(indexOf(row, outputShape))}`;
}

function indexOf(position: number, shape: Shape): number[] {
  const index = new Array<number>(shape.length);
  let rest = position;
  for (let d = shape.length - 1; d >= 0; d--) {
    index[d] = rest % shape[d]!;
    rest = Math.floor(rest / shape[d]!);
  }
  return index;
}
