/**
 * How matrix products are cut into tiles, without a GPU.
 */

import { loadKernels } from "@mien/kernels";
import { expect, test } from "vitest";
import { assemble, parseShader, specialise } from "../shader.ts";
import { busyWorkgroups, productTileK } from "../tuning.ts";
import { chooseTiling, tileCols, tileRows, tiles } from "./tiles.ts";

const sizeOf = (m: number, n: number, k: number) => {
  const { tile, workgroups } = chooseTiling(m, n, k, 1);
  return [tileRows(tile), tileCols(tile), workgroups];
};

test("products of EmotionCNN at batch 64 get tiles without empty rows, and enough of them", () => {
  const outputs = 64 * 48 * 48;
  expect(sizeOf(16, outputs, 27)).toEqual([16, 128, 1152]); // first convolution
  expect(sizeOf(32, outputs, 144)).toEqual([32, 128, 1152]); // second convolution
  expect(sizeOf(16, outputs, 288)).toEqual([16, 128, 1152]); // its input gradient
  for (const [m, n, k] of [
    [32, 144, outputs],
    [64, 32, 18_432],
  ] as const) {
    const [rows, , workgroups] = sizeOf(m, n, k);
    expect(m % rows!).toBe(0);
    expect(workgroups).toBeGreaterThan(busyWorkgroups / 2);
    expect(workgroups).toBeLessThanOrEqual(busyWorkgroups);
  }
});

test("a tiling covers the whole product, each step of k once", () => {
  for (const [m, n, k, batch] of [
    [1, 1, 1, 1],
    [1, 1, 18_432, 1],
    [17, 129, 0, 3],
    [130, 3, 5000, 2],
    [70_000, 2, 3, 1],
  ] as const) {
    const { tile, tilesM, tilesN, splits, splitLength, workgroups } = chooseTiling(m, n, k, batch);
    expect(tilesM).toBe(Math.ceil(m / tileRows(tile)));
    expect(tilesN).toBe(Math.ceil(n / tileCols(tile)));
    expect(workgroups).toBe(tilesM * tilesN * batch * splits);
    expect(splitLength % productTileK).toBe(0);
    expect(splits * splitLength).toBeGreaterThanOrEqual(k);
    expect((splits - 1) * splitLength).toBeLessThan(Math.max(k, 1));
  }
});

test("every tile has 64 invocations, divides its loops evenly, and fits the 16 KiB of WebGPU's defaults", async () => {
  const { wgsl } = await loadKernels();
  const shader = parseShader("matmul", assemble(wgsl, "matmul"));
  for (const tile of tiles) {
    specialise(shader, { ...tile });
    const threads = tile.THREADS_M * tile.THREADS_N;
    const quads = [tileRows(tile) / 4, tileCols(tile) / 4];
    expect(threads).toBe(64);
    for (const count of quads) {
      expect(threads % count).toBe(0);
      expect((productTileK * count) % threads).toBe(0);
    }
    const places = 16 * (tileCols(tile) + productTileK) + 4 * productTileK;
    const tileBytes = 16 * productTileK * (quads[0]! + quads[1]! + 2);
    expect(tileBytes + places).toBeLessThanOrEqual(16_384);
  }
});

test("the depth of a tile is the shader's", async () => {
  const { wgsl } = await loadKernels();
  expect(wgsl["include/tile_loop"]).toContain(`const TILE_K = ${productTileK}u;`);
});
