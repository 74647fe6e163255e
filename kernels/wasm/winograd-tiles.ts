// Tiles for Winograd's transform (winograd.ts): which ones a strip of some images has, and their transforms.
//
// Plane by plane a strip of the source is staged and its tiles are transformed, four at a time, a tile to a lane. A strip
// is a whole image if it can be, for memory is fast where it is read and written in order. Images of few tiles are taken
// several at a time, so that the fours fill up.

import { bytes } from "./address";
import { StageArgs, stageRow } from "./conv2d-stage";
import { scratch } from "./thread";
import { transformGradientTiles, transformTiles } from "./winograd";

/** A source in tiles, of its own or (for gradients) of what became of it; other kernels' arguments begin with it. */
@unmanaged
export class TileArgs extends StageArgs {
  /** The side of a tile of outputs, 3 or 4. */
  tileOut: i32;
  /** Rows of tiles per strip, and tiles in a row. */
  tileRows: i32;
  tileColumns: i32;
  /** Images that are taken together at most; more than one only where a strip is a whole image. */
  imagesPerPass: i32;

  /** The side of a transformed tile, and its places. */
  @inline get side(): i32 { return this.tileOut + 2; }
  @inline get places(): i32 { return this.side * this.side; }
  /** Fours of tiles of a pass, room for their list, and for a staged plane of each image. */
  @inline get foursPerPass(): i32 { return (this.imagesPerPass * this.tileRows * this.tileColumns + 3) / 4; }
  @inline get listBytes(): usize { return <usize>(4 * this.foursPerPass) * offsetof<Tile>(); }
  @inline get stagedBytes(): usize { return bytes(this.imagesPerPass * this.planePitch + 16); }
}

/** A tile of a pass. */
@unmanaged
export class Tile {
  /** Where it begins in the staged planes, in bytes. */
  staged: usize;
  /** Where its rows end, counted in staged rows of all images. */
  endRow: i32;
  image: i32;
  /** Its first pixel in the result. */
  row: i32;
  column: i32;
}

/** A thread's scratch begins with room for 36 vectors, in rows of 6: a tile (or four) that is half transformed. */
export const HALFWAY_BYTES: usize = 576;

/** From one place of transformed tiles to the next; the odd line keeps places apart in the cache. */
@inline
export function placeBytes(planes: i32, foursPerBlock: i32): usize {
  return (<usize>(planes * foursPerBlock) << 4) + 64;
}

/** Where a plane of a place begins, if the fours of `pack` planes (1 or 2) take turns. */
@inline
export function planeOffset(plane: i32, foursPerBlock: i32, pack: i32): usize {
  const first = plane & -pack;
  return <usize>(first * foursPerBlock + plane - first) << 4;
}

/** Lists the tiles of some rows of some images, and gives their count. The last one is repeated to fill up a four. */
export function listTiles(t: TileArgs, images: i32, firstRow: i32, tileRows: i32, to: usize): i32 {
  const tileOut = t.tileOut, tileColumns = t.tileColumns;
  for (let image = 0; image < images; image++) {
    for (let row = 0; row < tileRows; row++) {
      for (let column = 0; column < tileColumns; column++, to += offsetof<Tile>()) {
        const tile = changetype<Tile>(to);
        tile.staged = bytes(image * t.planePitch + tileOut * (row * t.rowPitch + column));
        tile.endRow = image * t.stagedRows + tileOut * (row + 1) + t.stagedRows - t.rowsPerStrip;
        tile.image = image;
        tile.row = tileOut * (firstRow + row);
        tile.column = tileOut * column;
      }
    }
  }
  const count = images * tileRows * tileColumns;
  for (let i = count; i & 3; i++, to += offsetof<Tile>()) memory.copy(to, to - offsetof<Tile>(), offsetof<Tile>());
  return count;
}

/**
 * Stages the planes of a group and transforms their tiles, to blocks of [places (`step` apart), planes / pack, fours of
 * tiles, pack].
 */
export function transformPlanes(
  t: TileArgs, image: i32, group: i32, strip: i32, tiles: usize, fours: i32, staged: usize,
  to: usize, foursPerBlock: i32, step: usize, pack: i32, isGradient: bool,
): void {
  const rowBytes = bytes(t.rowPitch), rowsPerImage = t.stagedRows, first = group * t.planes, side = t.side;
  const blockBytes = <usize>t.places * step, fourBytes = <usize>pack << 4;
  for (let plane = 0; plane < t.planes; plane++) {
    let tile = tiles, block = to + planeOffset(plane, foursPerBlock, pack), row = 0, rowTo = staged;
    for (let four = 0; four < fours; four += foursPerBlock, block += blockBytes) {
      const end = block + <usize>min(foursPerBlock, fours - four) * fourBytes;
      for (let place = block; place < end; place += fourBytes, tile += 4 * offsetof<Tile>()) {
        const t0 = changetype<Tile>(tile), t1 = changetype<Tile>(tile + offsetof<Tile>());
        const t2 = changetype<Tile>(tile + 2 * offsetof<Tile>()), t3 = changetype<Tile>(tile + 3 * offsetof<Tile>());
        for (; row < t3.endRow; row++, rowTo += rowBytes) {
          stageRow(t, image + row / rowsPerImage, first + plane, strip, row % rowsPerImage, rowTo);
        }
        const a = staged + t0.staged, b = staged + t1.staged, c = staged + t2.staged, d = staged + t3.staged;
        if (isGradient) transformGradientTiles(side, a, b, c, d, rowBytes, scratch(), place, step);
        else transformTiles(side, a, b, c, d, rowBytes, scratch(), place, step);
      }
    }
  }
}
