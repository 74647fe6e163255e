/**
 * Matrix products, of which a convolution is three: how they are tiled, and when their k is shared.
 *
 * `include/tile_loop.wgsl` tells what a tile is. Here its size is chosen, and for products that have fewer tiles than
 * would keep a GPU busy the sum over k is cut into parts, which `split_k.wgsl` adds up afterwards in order.
 */

import type { Activation, DeviceBuffer, Operand } from "@mien/tensor";
import type { Knobs, Variant } from "../shader.ts";
import {
  busyWorkgroups,
  productMaximumSplits,
  productMinimumSplit,
  productThreads,
  productTileK,
} from "../tuning.ts";
import type { ParamValues } from "../uniforms.ts";
import { groupsFor, type Launcher } from "./plan.ts";

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

/** Blocks of four rows and four columns per invocation. */
interface Tile {
  readonly QUADS_M: 1 | 2;
  readonly QUADS_N: 1 | 2;
}

const tiles: readonly Tile[] = [
  { QUADS_M: 1, QUADS_N: 1 },
  { QUADS_M: 1, QUADS_N: 2 },
  { QUADS_M: 2, QUADS_N: 2 },
];

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
  const tile = chooseTile(m, n, batch);
  const tilesM = Math.ceil(m / tileRows(tile));
  const tilesN = Math.ceil(n / tileCols(tile));
  const { splits, splitLength } = chooseSplits(tilesM * tilesN * batch, k);
  const params = { ...product.params, m, n, k, batch, tilesM, tilesN, splits, splitLength };
  const workgroups = tilesM * tilesN * batch * splits;
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
  gpu.dispatch({
    variant: { shader: "split_k" },
    buffers: { partials, bias, out: out.buffer },
    params: { ...epilogue, count, splits, outOffset: out.offset },
    workgroups: groupsFor(count),
  });
  gpu.free(partials);
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

const tileRows = (tile: Tile): number => productThreads * 4 * tile.QUADS_M;
const tileCols = (tile: Tile): number => productThreads * 4 * tile.QUADS_N;

/** The largest tile of which there are still enough, and which is not mostly empty. */
function chooseTile(m: number, n: number, batch: number): Tile {
  let best = tiles[0]!;
  for (const tile of tiles) {
    const count = Math.ceil(m / tileRows(tile)) * Math.ceil(n / tileCols(tile)) * batch;
    const fits = m > tileRows(tile) / 2 && n > tileCols(tile) / 2;
    if (fits && count >= busyWorkgroups / 2) best = tile;
  }
  return best;
}

function chooseSplits(tileCount: number, k: number): { splits: number; splitLength: number } {
  const wanted = Math.floor(busyWorkgroups / tileCount);
  const useful = Math.floor(k / productMinimumSplit);
  const parts = Math.max(1, Math.min(wanted, useful, productMaximumSplits));
  const splitLength = Math.max(1, Math.ceil(k / parts / productTileK)) * productTileK;
  return { splits: Math.max(1, Math.ceil(k / splitLength)), splitLength };
}
