/**
 * The tiles of the matrix products, and which of them a product gets.
 *
 * A large tile uses every number that it fetches more often. A small one leaves less of itself empty at the edges of C,
 * and there are more of it to go round. So the work of each is counted, as a GPU would have it, and the least wins.
 * Where tiles are few, the sum over k is cut into parts, each for a workgroup of its own.
 */

import {
  busyWorkgroups,
  productFetchCost,
  productMaximumSplits,
  productMinimumSplit,
  productReadCost,
  productTileK,
} from "../tuning.ts";

/** How the 64 invocations of a workgroup are arranged, and the blocks of four rows and four columns of each. */
export interface Tile {
  readonly THREADS_M: number;
  readonly THREADS_N: number;
  readonly QUADS_M: number;
  readonly QUADS_N: number;
}

const flat = { THREADS_M: 4, THREADS_N: 16 } as const;
const square = { THREADS_M: 8, THREADS_N: 8 } as const;

/** 16x64, 16x128, 32x32, 32x64, 32x128 and 64x64. */
export const tiles: readonly Tile[] = [
  { ...flat, QUADS_M: 1, QUADS_N: 1 },
  { ...flat, QUADS_M: 1, QUADS_N: 2 },
  { ...square, QUADS_M: 1, QUADS_N: 1 },
  { ...square, QUADS_M: 1, QUADS_N: 2 },
  { ...flat, QUADS_M: 2, QUADS_N: 2 },
  { ...square, QUADS_M: 2, QUADS_N: 2 },
];

/** A product, cut up. */
export interface Tiling {
  readonly tile: Tile;
  readonly tilesM: number;
  readonly tilesN: number;
  /** Parts that the sum over k is cut into, and the steps of each. */
  readonly splits: number;
  readonly splitLength: number;
  readonly workgroups: number;
}

export const tileRows = (tile: Tile): number => 4 * tile.THREADS_M * tile.QUADS_M;
export const tileCols = (tile: Tile): number => 4 * tile.THREADS_N * tile.QUADS_N;

/** The tiling of a product [m, k] by [k, n], `batch` times over, that should take the least time. */
export function chooseTiling(m: number, n: number, k: number, batch: number): Tiling {
  const tilings = tiles.map((tile) => cut(tile, m, n, k, batch));
  return tilings.reduce((best, tiling) => (timeOf(tiling) < timeOf(best) ? tiling : best));
}

function cut(tile: Tile, m: number, n: number, k: number, batch: number): Tiling {
  const tilesM = Math.ceil(m / tileRows(tile));
  const tilesN = Math.ceil(n / tileCols(tile));
  const count = tilesM * tilesN * batch;
  const useful = Math.min(Math.floor(k / productMinimumSplit), productMaximumSplits);
  const parts = Math.max(1, Math.min(Math.floor(busyWorkgroups / count), useful));
  const splitLength = Math.max(1, Math.ceil(k / parts / productTileK)) * productTileK;
  const splits = Math.max(1, Math.ceil(k / splitLength));
  return { tile, tilesM, tilesN, splits, splitLength, workgroups: count * splits };
}

/** Instructions of an invocation, times the workgroups that follow each other; where they are few, part of a GPU idles. */
function timeOf({ tile, splitLength, workgroups }: Tiling): number {
  const { QUADS_M, QUADS_N, THREADS_M, THREADS_N } = tile;
  const multiplications = 16 * QUADS_M * QUADS_N;
  const reads = QUADS_M + QUADS_N;
  const fetches = (tileRows(tile) + tileCols(tile)) / (THREADS_M * THREADS_N);
  const step = multiplications + productReadCost * reads + productFetchCost * fetches;
  return step * splitLength * Math.max(workgroups, busyWorkgroups);
}
