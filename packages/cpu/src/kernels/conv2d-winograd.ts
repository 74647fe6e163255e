/**
 * Host side of convolutions by Winograd's transform: for which it pays, and how tiles are cut into chunks.
 */

import type { Operand } from "@mien/tensor";
import type { Launch } from "../launch.ts";
import {
  WINOGRAD_LEAST_CHANNELS,
  WINOGRAD_LEAST_CHUNKS,
  WINOGRAD_LEAST_TILES,
  WINOGRAD_LEAST_USE,
  WINOGRAD_TILE_BYTES,
} from "../tuning.ts";
import {
  type Axis,
  type Convolution,
  type Correlation,
  rangesOf,
  type Source,
  writeStage,
} from "./conv2d-source.ts";

/** The side of a tile of outputs, and of the inputs it needs. */
const TILE_OUT = 4;
const TILE_IN = 6;
const PLACES = TILE_IN * TILE_IN;
const HALO = TILE_IN - TILE_OUT;
/** Fours of tiles that are multiplied together, as in kernels/wasm/conv2d-winograd.ts, and the bytes of a four's sums. */
const FOURS = 4;
const FOUR_BYTES = PLACES * 128;
/** An entry of the list of tiles. */
const TILE_BYTES = 20;

/** Whether the taps along an axis are three neighbours, forwards or backwards. */
function hasThreeNeighbours({ reach, taps }: Axis): boolean {
  return taps.length === 3 && reach === 2;
}

/** Whether the transform pays: for 3x3 taps and stride 1, enough channels, and pixels that fill their tiles. */
export function suitsWinograd(c: Correlation): boolean {
  const { source, outChannels, rows, columns } = c;
  const { groups, strideH, strideW } = source;
  if (strideH !== 1 || strideW !== 1 || c.columnStep !== 1) return false;
  if (!hasThreeNeighbours(c.vertical) || !hasThreeNeighbours(c.horizontal)) return false;
  if (Math.min(source.channels, outChannels) / groups < WINOGRAD_LEAST_CHANNELS) return false;
  const tiles = Math.ceil(rows / TILE_OUT) * Math.ceil(columns / TILE_OUT);
  return rows * columns >= WINOGRAD_LEAST_USE * tiles * TILE_OUT ** 2;
}

interface Tiling {
  /** Rows of tiles per strip and in all, and tiles in a row. */
  readonly tileRows: number;
  readonly allTileRows: number;
  readonly tileColumns: number;
  /** Images whose strips are taken together; one where there is more than one strip. */
  readonly images: number;
  /** Fours of tiles that are taken together. */
  readonly fours: number;
}

/** Tiles for results of this size, about `mostTiles` of at most `mostImages` images together. */
function tilingOf(rows: number, columns: number, mostTiles: number, mostImages: number): Tiling {
  const allTileRows = Math.ceil(rows / TILE_OUT);
  const tileColumns = Math.ceil(columns / TILE_OUT);
  const tileRows = Math.min(allTileRows, Math.max(1, Math.floor(mostTiles / tileColumns)));
  const fitting = tileRows < allTileRows ? 1 : Math.floor(mostTiles / (tileRows * tileColumns));
  const images = Math.max(1, Math.min(fitting, mostImages));
  return {
    tileRows,
    allTileRows,
    tileColumns,
    images,
    fours: Math.ceil((images * tileRows * tileColumns) / 4),
  };
}

/** How many tiles of so many planes stay in the second-level cache. */
function tilesInCache(planes: number): number {
  return Math.max(WINOGRAD_LEAST_TILES, Math.floor(WINOGRAD_TILE_BYTES / (PLACES * 4 * planes)));
}

/** Writes the `StageArgs` of strips that are wide enough for all their tiles; gives the bytes that a plane of them takes. */
function writeTileStage(
  launch: Launch,
  source: Source,
  origin: readonly [row: number, column: number],
  { tileRows, tileColumns, images }: Tiling,
  halo: number,
): number {
  const rows = TILE_OUT * tileRows + halo;
  const rowPitch = TILE_OUT * tileColumns + halo;
  writeStage(launch, source, origin, { perStrip: TILE_OUT * tileRows, staged: rows }, rowPitch);
  return 4 * (images * rows * rowPitch + 16);
}

/** Bytes of transformed tiles, in blocks of some fours. */
function tileBytes(fours: number, foursPerBlock: number, planes: number): number {
  const planeBytes = 16 * (foursPerBlock === FOURS ? FOURS : foursPerBlock | 1);
  return Math.ceil(fours / foursPerBlock) * PLACES * (planeBytes * planes + 64);
}

export function convolveByWinograd(launch: Launch, c: Convolution): void {
  const { source, rows, columns } = c;
  const { groups } = source;
  const planes = source.channels / groups;
  const channels = c.outChannels / groups;
  const tiles = c.images * Math.ceil(rows / TILE_OUT) * Math.ceil(columns / TILE_OUT);
  const perChunk = Math.max(WINOGRAD_LEAST_TILES, Math.ceil(tiles / WINOGRAD_LEAST_CHUNKS));
  const mostTiles = Math.min(perChunk, tilesInCache(planes));
  const tiling = tilingOf(rows, columns, mostTiles, Math.ceil(c.images / WINOGRAD_LEAST_CHUNKS));
  const strips = Math.ceil(tiling.allTileRows / tiling.tileRows);
  const blocks = groups * Math.ceil(channels / 8);
  const flips = c.vertical.taps[0]!.shift > 0;

  const stagedBytes = writeTileStage(launch, source, [c.vertical.origin, c.horizontal.origin], tiling, HALO);
  launch.floats(c.weight);
  launch.ints(...c.weightSteps, Number(flips), launch.temporary(blocks * PLACES * planes * 32));
  launch.floats(c.out, c.bias);
  launch.int(c.activation);
  launch.float(c.negativeSlope);
  launch.ints(groups, channels, rows, columns, tiling.tileRows, strips, tiling.tileColumns);
  launch.ints(c.images, tiling.images);
  launch.pointer(c.indices);
  launch.scratch(
    PLACES * 16 +
      FOURS * FOUR_BYTES +
      4 * tiling.fours * TILE_BYTES +
      stagedBytes +
      tileBytes(tiling.fours, FOURS, planes),
  );
  launch.run("winogradWeights", blocks);
  launch.run("conv2dWinograd", Math.ceil(c.images / tiling.images) * groups * strips);
}

/** The weight's gradient: `c.source` is the input, `gradient` is that of the result. */
export function weightGradByWinograd(
  launch: Launch,
  c: Correlation,
  gradient: Pick<Source, "operand" | "indices">,
  gradWeight: Operand,
): void {
  const { source, rows, columns, images, outChannels } = c;
  const { groups } = source;
  const planes = source.channels / groups;
  const channels = outChannels / groups;
  const partialBytes = 4 * groups * PLACES * (Math.ceil(planes / 2) * 2 * Math.ceil(channels / 4) * 4 + 16);
  const { imagesPerRange, ranges } = rangesOf(images, partialBytes);
  const tiling = tilingOf(rows, columns, tilesInCache(planes + channels), imagesPerRange);
  const gradSource = { ...source, ...gradient, channels: outChannels, height: rows, width: columns };

  const inputBytes = writeTileStage(launch, source, [c.vertical.origin, c.horizontal.origin], tiling, HALO);
  launch.floats(gradWeight);
  launch.ints(launch.temporary(partialBytes * ranges), images, imagesPerRange, tiling.images, groups);
  launch.ints(tiling.tileRows, tiling.allTileRows, tiling.tileColumns);
  const gradBytes = writeTileStage(launch, gradSource, [0, 0], tiling, 0);
  // The last rows of the gradient's tiles may be overrun by three.
  launch.scratch(
    PLACES * 16 +
      4 * tiling.fours * TILE_BYTES +
      Math.max(inputBytes, gradBytes) +
      tileBytes(tiling.fours, tiling.fours, planes) +
      tileBytes(tiling.fours, tiling.fours, channels + 3),
  );
  launch.run("winogradWeightGrad", ranges * groups);
  launch.run("winogradWeightGradSum", groups * PLACES);
  launch.run("winogradWeightGradTaps", groups * Math.ceil(planes / 4));
}
