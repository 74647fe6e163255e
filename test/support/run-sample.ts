/**
 * Runs one sample of the op table: makes its tensors on a device, calls the op, and walks backward through it.
 *
 * What comes back are plain numbers, outputs and gradients, so that a run on one device can be laid beside a run on
 * another. Every tensor that was made is freed again.
 */

import {
  apply,
  clone,
  type Device,
  type FloatDType,
  noGrad,
  type Op,
  type Shape,
  scope,
  Tensor,
  type TypedArray,
  tensor,
} from "@mien/tensor";
import { type Layout, Recipe, type Results, type Row } from "../op-table/row.ts";

/** Values of a tensor, brought to the host. */
export interface Values {
  readonly dtype: string;
  readonly shape: Shape;
  readonly data: TypedArray;
}

export interface Outcome {
  readonly outputs: readonly Values[];
  /** Of the inputs that have one, in their order. */
  readonly gradients: readonly Values[];
}

/** One named list of arguments from a row. */
export interface Sample {
  readonly name: string;
  readonly args: Row["samples"][string];
}

export interface RunOptions {
  readonly device: Device;
  /** What "float" stands for. */
  readonly float: FloatDType;
  /** How inputs and the gradient of the output lie in memory. Default: "plain". */
  readonly layout?: Layout;
  /** Which values they have: those that this layout can hold. Default: `layout`. */
  readonly values?: Layout;
}

/** Calls the op of `row` with the arguments of one of its samples, and backward if it has a gradient. */
export async function runSample(row: Row, sample: Sample, options: RunOptions): Promise<Outcome> {
  const { device, layout = "plain", values = layout } = options;
  const seed = `${row.op} ${sample.name}`;
  const inputs: Tensor[] = [];
  const make = (recipe: Recipe): Tensor => {
    const dtype = recipe.dtype === "float" ? options.float : recipe.dtype;
    const { shape, traits } = recipe;
    const numbers = recipe.values(`${seed} ${inputs.length}`);
    const input = traits.dense
      ? makeTensor(numbers, shape, { device, dtype }, "plain")
      : makeTensor(logical(numbers, shape, values), shape, { device, dtype }, layout);
    input.requiresGrad = recipe.differentiable;
    inputs.push(input);
    return input;
  };
  let outputs: readonly Tensor[] = [];
  try {
    const args = withTensors(sample.args, make);
    outputs = scope(() => listOf(row.run(...args)));
    const results = await Promise.all(outputs.map(read));
    for (const [i, output] of outputs.entries()) {
      if (!output.requiresGrad) continue;
      scope(() => {
        const { dtype } = output;
        const weights = new Recipe(output.shape, dtype, (random) => random.normal());
        const numbers = logical(weights.values(`${seed} gradient ${i}`), output.shape, values);
        weighted(output, makeTensor(numbers, output.shape, { device, dtype }, layout))
          .sum()
          .backward();
      });
    }
    const gradients = await Promise.all(inputs.flatMap((input) => (input.grad ? [read(input.grad)] : [])));
    return { outputs: results, gradients };
  } finally {
    for (const one of [...outputs, ...inputs]) one.dispose();
  }
}

/**
 * A copy whose gradient is `weights`, whatever comes: the sum of the products with them, for the rules behind it. So
 * these meet a gradient that lies in memory as `weights` do; of one that is passed to backward() the engine copies.
 */
function weighted(output: Tensor, weights: Tensor): Tensor {
  const op: Op<[x: Tensor], null> = {
    name: "weighted",
    forward: ([x]) => clone(x),
    gradients: () => [() => weights],
  };
  return apply(op, [output], null);
}

async function read(x: Tensor): Promise<Values> {
  return { dtype: x.dtype, shape: x.shape, data: await x.data() };
}

/** The outputs of an op as a list: its one, those in an array, or those with names, as `values` and `indices`. */
export function listOf(outputs: Results): readonly Tensor[] {
  return outputs instanceof Tensor ? [outputs] : Object.values(outputs);
}

/** The arguments with a tensor for each recipe, made in the order in which the recipes stand. */
export function withTensors(
  args: Sample["args"],
  make: (recipe: Recipe, index: number) => Tensor,
): readonly unknown[] {
  let index = 0;
  const replaced = (value: unknown): unknown => {
    if (value instanceof Recipe) return make(value, index++);
    if (Array.isArray(value)) return value.map(replaced);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item)]));
  };
  return args.map(replaced);
}

/**
 * A tensor whose elements lie in memory as `layout` says: with its dimensions in reverse order, as every second
 * element within a larger tensor of NaN, or with one dimension repeated by a stride of 0.
 */
export function makeTensor(
  values: readonly number[],
  shape: Shape,
  options: { device: Device; dtype: Tensor["dtype"] },
  layout: Layout,
): Tensor {
  const make = (data: readonly number[], size: Shape) => tensor(data, { ...options, shape: size });
  return noGrad(() =>
    scope(() => {
      switch (layout) {
        case "plain":
          return make(values, shape);
        case "transposed": {
          const reversed = shape.toReversed();
          const order = shape.map((_, d) => d).reverse();
          const moved = new Array<number>(values.length);
          values.forEach((value, i) => {
            moved[positionOf(indexOf(i, shape).reverse(), reversed)] = value;
          });
          return make(moved, reversed).permute(order);
        }
        case "sliced": {
          const around = shape.map((size) => 2 * size + 1);
          const outside = options.dtype.startsWith("float") ? Number.NaN : 77;
          const wide = new Array<number>(around.reduce((count, size) => count * size, 1)).fill(outside);
          values.forEach((value, i) => {
            const index = indexOf(i, shape).map((at) => 2 * at + 1);
            wide[positionOf(index, around)] = value;
          });
          return shape.reduce((view, _, d) => view.slice(d, 1, around[d], 2), make(wide, around));
        }
        case "expanded": {
          const dim = repeatedDim(shape);
          if (dim < 0) return make(values, shape);
          const once = values.filter((_, i) => indexOf(i, shape)[dim] === 0);
          return make(once, shape.with(dim, 1)).expand(shape);
        }
        default:
          return layout satisfies never;
      }
    }),
  );
}

/** The values as `layout` can hold them: an expanded tensor repeats its first ones. */
function logical(values: number[], shape: Shape, layout: Layout): number[] {
  const dim = repeatedDim(shape);
  if (layout !== "expanded" || dim < 0) return values;
  return values.map((_, i) => values[positionOf(indexOf(i, shape).with(dim, 0), shape)]!);
}

function repeatedDim(shape: Shape): number {
  return shape.findIndex((size) => size > 1);
}

function indexOf(position: number, shape: Shape): number[] {
  let rest = position;
  return shape
    .toReversed()
    .map((size) => {
      const at = rest % size;
      rest = Math.floor(rest / size);
      return at;
    })
    .reverse();
}

function positionOf(index: readonly number[], shape: Shape): number {
  return index.reduce((position, at, d) => position * shape[d]! + at, 0);
}
