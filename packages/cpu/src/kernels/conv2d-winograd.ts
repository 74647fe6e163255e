/**
 * Host side of convolutions by Winograd's transform: for which it pays, and how tiles are cut into chunks.
 */

import type { Launch } from "../launch.ts";
import { WINOGRAD_LEAST_CHANNELS, WINOGRAD_LEAST_USE, WINOGRAD_TILES } from "../tuning.ts";
import { type Axis, type Convolution, writeStage } from "./conv2d-source.ts";

/** The side of a tile of outputs, and of the inputs it needs. */
const TILE_OUT = 4;
const TILE_IN = 6;
const PLACES = TILE_IN * TILE_IN;

/** Whether the taps along an axis are three neighbours, forwards or backwards. */
function hasThreeNeighbours({ reach, taps }: Axis): boolean {
  return taps.length === 3 && reach === 2;
}

export function suitsWinograd(c: Convolution): boolean {
  const { source, outChannels, rows, columns } = c;
  const { groups, strideH, strideW } = source;
  if (strideH !== 1 || strideW !== 1 || c.columnStep !== 1) return false;
  if (!hasThreeNeighbours(c.vertical) || !hasThreeNeighbours(c.horizontal)) return false;
  if (Math.min(source.channels, outChannels) / groups < WINOGRAD_LEAST_CHANNELS) return false;
  return usedShare(rows, columns) >= WINOGRAD_LEAST_USE;
}

/** How much of the tiles that cover `rows` x `columns` pixels is used. */
function usedShare(rows: number, columns: number): number {
  return (rows * columns) / (Math.ceil(rows / TILE_OUT) * Math.ceil(columns / TILE_OUT) * TILE_OUT ** 2);
}

export function convolveByWinograd(launch: Launch, c: Convolution): void {
  const { source, rows, columns } = c;
  const { groups } = source;
  const planes = source.channels / groups;
  const channels = c.outChannels / groups;
  const allTileRows = Math.ceil(rows / TILE_OUT);
  const tileColumns = Math.ceil(columns / TILE_OUT);
  const tileRows = Math.min(allTileRows, Math.max(1, Math.floor(WINOGRAD_TILES / tileColumns)));
  const strips = Math.ceil(allTileRows / tileRows);
  const staged = TILE_OUT * tileRows + TILE_IN - TILE_OUT;
  const rowPitch = TILE_OUT * tileColumns + TILE_IN - TILE_OUT;
  const blocks = groups * Math.ceil(channels / 8);
  const flips = c.vertical.taps[0]!.shift > 0;

  const stagedPerStrip = { perStrip: TILE_OUT * tileRows, staged };
  writeStage(launch, source, [c.vertical.origin, c.horizontal.origin], stagedPerStrip, rowPitch);
  launch.floats(c.weight);
  launch.ints(...c.weightSteps, Number(flips), launch.temporary(blocks * PLACES * planes * 32));
  launch.floats(c.out, c.bias);
  launch.int(c.activation);
  launch.float(c.negativeSlope);
  launch.ints(groups, channels, rows, columns, tileRows, strips, tileColumns);
  const tileBytes = Math.ceil((tileRows * tileColumns) / 4) * PLACES * (16 * planes + 64);
  launch.scratch(PLACES * (16 + 128) + 4 * (planes * staged * rowPitch + 16) + tileBytes);
  launch.run("winogradWeights", blocks);
  launch.run("conv2dWinograd", c.images * groups * strips);
}
