/**
 * Matrix products, of which a convolution is three: how they become dispatches.
 *
 * `include/tile_loop.wgsl` tells what a tile is, and `tiles.ts` which one a product gets. Where the sum over k is cut
 * into parts, `split_k.wgsl` adds them up afterwards in order.
 */

import type { Activation, DeviceBuffer, Operand } from "@mien/tensor";
import type { Knobs, Variant } from "../shader.ts";
import { fewSplits, splitLanes } from "../tuning.ts";
import type { ParamValues } from "../uniforms.ts";
import { groupsFor, type Launcher } from "./plan.ts";
import { chooseTiling, tiles } from "./tiles.ts";

export interface Product {
  readonly shader: string;
  readonly knobs: Knobs;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch: number;
  /** The inputs, by the names of the shader's bindings. */
  readonly inputs: Readonly<Record<string, DeviceBuffer | null>>;
  /** The name of the output's binding. */
  readonly outName: string;
  readonly out: Operand;
  readonly params: ParamValues;
  readonly epilogue?: Epilogue;
}

/** What happens to a value on its way out. */
export interface Epilogue {
  readonly bias: Operand | null;
  /** Output element i gets bias number (i / biasInner) % biasCount. */
  readonly biasInner: number;
  readonly biasCount: number;
  readonly activation: Activation;
  readonly negativeSlope: number;
}

/** Each activation's number in include/activation.wgsl. */
export const activations = { none: 0, relu: 1, leakyRelu: 2 } satisfies Record<Activation, number>;

/** Whether four values of an operand can be fetched at once: its offset and strides must all be multiples of four. */
export function isWide(...offsetAndStrides: readonly number[]): boolean {
  return offsetAndStrides.every((number) => number % 4 === 0);
}

/** How the operands A and B are fetched: in which direction they lie, and whether by fours in that direction. */
export function fetchKnobs(a: Fetch, b: Fetch): Knobs {
  const [typeA, typeB] = [a, b].map(({ wide }) => (wide ? "vec4<f32>" : "f32")) as [string, string];
  return {
    ...{ A_ALONG_K: a.alongK, A: typeA, WIDTH_A: a.wide ? 4 : 1 },
    ...{ B_ALONG_K: b.alongK, B: typeB, WIDTH_B: b.wide ? 4 : 1 },
  };
}

export interface Fetch {
  readonly alongK: boolean;
  readonly wide: boolean;
}

/** The variants of a product with the given knobs, one for each tile. */
export function productVariants(shader: string, knobs: Knobs): Variant[] {
  return tiles.map((tile) => ({ shader, knobs: { ...knobs, ...tile } }));
}

export function launchProduct(gpu: Launcher, product: Product): void {
  const { m, n, k, batch, out } = product;
  const count = batch * m * n;
  if (count === 0) return;
  const { tile, workgroups, ...cuts } = chooseTiling(m, n, k, batch);
  const { splits } = cuts;
  const params = { ...product.params, m, n, k, batch, ...cuts };
  const variant = { shader: product.shader, knobs: { ...product.knobs, ...tile } };
  const epilogue = paramsOf(product.epilogue);
  const bias = product.epilogue?.bias?.buffer ?? null;

  if (splits === 1) {
    gpu.dispatch({
      variant,
      buffers: { ...product.inputs, bias, [product.outName]: out.buffer },
      params: { ...params, ...epilogue, groups: workgroups, outOffset: out.offset },
      workgroups,
    });
    return;
  }
  const partials = gpu.alloc(4 * count * splits);
  gpu.dispatch({
    variant,
    buffers: { ...product.inputs, bias: null, [product.outName]: partials },
    params: { ...params, ...paramsOf(undefined), groups: workgroups, outOffset: 0 },
    workgroups,
  });
  sumSplits(gpu, { partials, out, count, splits }, product.epilogue);
  gpu.free(partials);
}

/** `count` sums of which `splits` parts each lie in `partials`, the first parts of all before the second ones. */
interface Splits {
  readonly partials: DeviceBuffer;
  readonly out: Operand;
  readonly count: number;
  readonly splits: number;
}

/** `split_k.wgsl`, with one invocation a sum or several. */
export const splitVariants: readonly Variant[] = [1, splitLanes].map((PARTS) => ({
  shader: "split_k",
  knobs: { PARTS },
}));

/** Adds up parts of sums, always in the same order. */
export function sumSplits(
  gpu: Launcher,
  { partials, out, count, splits }: Splits,
  epilogue?: Epilogue,
): void {
  const lanes = splits > fewSplits ? splitLanes : 1;
  gpu.dispatch({
    variant: { shader: "split_k", knobs: { PARTS: lanes } },
    buffers: { partials, bias: epilogue?.bias?.buffer ?? null, out: out.buffer },
    params: { ...paramsOf(epilogue), count, splits, outOffset: out.offset },
    workgroups: groupsFor(count * lanes),
  });
}

function paramsOf(epilogue: Epilogue | undefined): ParamValues {
  return {
    hasBias: epilogue?.bias != null,
    biasOffset: epilogue?.bias?.offset ?? 0,
    biasInner: epilogue?.biasInner ?? 1,
    biasCount: epilogue?.biasCount ?? 1,
    activation: activations[epilogue?.activation ?? "none"],
    negativeSlope: epilogue?.negativeSlope ?? 0,
  };
}
