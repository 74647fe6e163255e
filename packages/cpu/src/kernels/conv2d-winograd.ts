/**
 * Host side of convolutions by Winograd's transform: for which it pays, and how tiles are cut into chunks.
 */

import type { Operand } from "@mien/tensor";
import type { Launch } from "../launch.ts";
import {
  WINOGRAD_KEPT_BYTES,
  WINOGRAD_LEAST_CHANNELS,
  WINOGRAD_LEAST_CHUNKS,
  WINOGRAD_LEAST_TILES,
  WINOGRAD_MOST_PRODUCTS,
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

/** Inputs of a tile beyond its outputs, on each side together. */
const HALO = 2;
/** Places of the largest tile, and fours of tiles that are multiplied together, as in kernels/wasm/conv2d-winograd.ts. */
const MOST_PLACES = 36;
const FOURS = 4;
/** Scratch that a tile's way back takes, and an entry of the list of tiles. */
const HALFWAY_BYTES = 576;
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
  return productsOf(c, tileFor(c)) <= WINOGRAD_MOST_PRODUCTS * rows * columns;
}

/** The side of the tiles of outputs that take the fewest products. */
function tileFor(c: Correlation): number {
  return productsOf(c, 3) < productsOf(c, 4) ? 3 : 4;
}

/** Products of an image's tiles, for a plane of the source and one of the result. */
function productsOf(c: Correlation, tileOut: number): number {
  return tilesOf(c, tileOut) * placesOf(tileOut);
}

function tilesOf({ rows, columns }: Correlation, tileOut: number): number {
  return Math.ceil(rows / tileOut) * Math.ceil(columns / tileOut);
}

function placesOf(tileOut: number): number {
  return (tileOut + HALO) ** 2;
}

interface Tiling {
  readonly tileOut: number;
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
function tilingOf(c: Correlation, tileOut: number, mostTiles: number, mostImages: number): Tiling {
  const allTileRows = Math.ceil(c.rows / tileOut);
  const tileColumns = Math.ceil(c.columns / tileOut);
  const tileRows = Math.min(allTileRows, Math.max(1, Math.floor(mostTiles / tileColumns)));
  const fitting = tileRows < allTileRows ? 1 : Math.floor(mostTiles / (tileRows * tileColumns));
  const images = Math.max(1, Math.min(fitting, mostImages));
  const fours = Math.ceil((images * tileRows * tileColumns) / 4);
  return { tileOut, tileRows, allTileRows, tileColumns, images, fours };
}

/** How many tiles of so many planes stay in the second-level cache. */
function tilesInCache(tileOut: number, planes: number): number {
  return Math.max(WINOGRAD_LEAST_TILES, Math.floor(WINOGRAD_TILE_BYTES / (placesOf(tileOut) * 4 * planes)));
}

/** Writes the `TileArgs` of strips that are wide enough for all their tiles; gives the bytes that a plane of them takes. */
function writeTiling(
  launch: Launch,
  source: Source,
  origin: readonly [row: number, column: number],
  { tileOut, tileRows, tileColumns, images }: Tiling,
  halo: number,
): number {
  const perStrip = tileOut * tileRows;
  const rows = perStrip + halo;
  const rowPitch = tileOut * tileColumns + halo;
  writeStage(launch, source, origin, { perStrip, staged: rows }, rowPitch);
  launch.ints(tileOut, tileRows, tileColumns, images);
  return 4 * (images * rows * rowPitch + 16);
}

/** Bytes of transformed tiles, in blocks of some fours. */
function tileBytes(tileOut: number, fours: number, foursPerBlock: number, planes: number): number {
  return Math.ceil(fours / foursPerBlock) * placesOf(tileOut) * (16 * foursPerBlock * planes + 64);
}

export function convolveByWinograd(launch: Launch, c: Convolution): void {
  const { source, rows, columns } = c;
  const { groups } = source;
  const planes = source.channels / groups;
  const channels = c.outChannels / groups;
  const tileOut = c.indices ? 4 : tileFor(c); // windows of 2x2 lie whole in tiles whose side is even
  const tiles = c.images * tilesOf(c, tileOut);
  const perChunk = Math.max(WINOGRAD_LEAST_TILES, Math.ceil(tiles / WINOGRAD_LEAST_CHUNKS));
  const mostTiles = Math.min(perChunk, tilesInCache(tileOut, planes));
  const tiling = tilingOf(c, tileOut, mostTiles, Math.ceil(c.images / WINOGRAD_LEAST_CHUNKS));
  const strips = Math.ceil(tiling.allTileRows / tiling.tileRows);
  const blocks = groups * Math.ceil(channels / 8);
  const flips = c.vertical.taps[0]!.shift > 0;

  const stagedBytes = writeTiling(launch, source, [c.vertical.origin, c.horizontal.origin], tiling, HALO);
  launch.floats(c.weight);
  launch.ints(...c.weightSteps, Number(flips), launch.temporary(blocks * placesOf(tileOut) * planes * 32));
  launch.floats(c.out, c.bias);
  launch.int(c.activation);
  launch.float(c.negativeSlope);
  launch.ints(groups, channels, rows, columns, strips, c.images);
  launch.pointer(c.indices);
  launch.scratch(
    HALFWAY_BYTES +
      FOURS * MOST_PLACES * 128 +
      4 * tiling.fours * TILE_BYTES +
      stagedBytes +
      tileBytes(tileOut, tiling.fours, FOURS, planes),
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
  const paddedPlanes = Math.ceil(planes / 2) * 2;
  const paddedChannels = Math.ceil(channels / 4) * 4;
  const tileOut = tileFor(c);
  const places = placesOf(tileOut);
  const tiles = tilesOf(c, tileOut);
  const gradSource = { ...source, ...gradient, channels: outChannels, height: rows, width: columns };
  const sumBytes = 4 * groups * places * (paddedPlanes * paddedChannels + 16);

  // Tiles are kept for all images where an image's are fewer numbers than the sums; else each range has sums of its own.
  const keepsTiles = tiles * (planes + channels) < planes * channels;
  const shares = rangesOf(images, sumBytes);
  const tiling = keepsTiles
    ? tilingOf(c, tileOut, Math.max(WINOGRAD_LEAST_TILES, tiles), Math.ceil(images / WINOGRAD_LEAST_CHUNKS))
    : tilingOf(c, tileOut, tilesInCache(tileOut, planes + channels), shares.imagesPerRange);
  const passBytes = tileBytes(tileOut, tiling.fours, tiling.fours, paddedPlanes + paddedChannels);
  const imagesPerRange = keepsTiles ? tiling.images : shares.imagesPerRange;
  const mostKept = Math.max(1, Math.floor(WINOGRAD_KEPT_BYTES / (groups * passBytes)));
  const ranges = keepsTiles ? Math.min(mostKept, Math.ceil(images / imagesPerRange)) : shares.ranges;
  const sums = launch.temporary(keepsTiles ? sumBytes : sumBytes * ranges);
  const kept = keepsTiles ? launch.temporary(ranges * groups * passBytes) : 0;

  for (let first = 0; first < images; first += ranges * imagesPerRange) {
    const end = Math.min(images, first + ranges * imagesPerRange);
    launch.begin("conv2dWeightGrad");
    const inputBytes = writeTiling(launch, source, [c.vertical.origin, c.horizontal.origin], tiling, HALO);
    launch.floats(gradWeight);
    launch.ints(sums, first, end, imagesPerRange, groups, tiling.allTileRows, kept);
    const gradBytes = writeTiling(launch, gradSource, [0, 0], tiling, 0);
    const listBytes = 4 * tiling.fours * Math.max(TILE_BYTES, ranges);
    launch.scratch(
      HALFWAY_BYTES + listBytes + Math.max(inputBytes, gradBytes) + (keepsTiles ? 0 : passBytes),
    );
    const chunks = Math.ceil((end - first) / imagesPerRange) * groups;
    if (keepsTiles) {
      launch.run("winogradGradTiles", chunks);
      launch.run("winogradGradPlace", groups * places);
    } else {
      launch.run("winogradWeightGrad", chunks);
      launch.run("winogradWeightGradSum", groups * places);
    }
  }
  launch.run("winogradWeightGradTaps", (groups * paddedPlanes) / 2);
}
