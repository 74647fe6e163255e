/**
 * The generated module is what its sources say.
 */

import { expect, test } from "vitest";
import { hasRelaxedSimd, loadKernels, loadWasm } from "./index.ts";
import { staleReason } from "./stale.ts";

const bytesOf = (base64: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(base64, "base64"));

test("it is up to date", () => {
  expect(staleReason()).toBeNull();
});

test("every WGSL file is there, by its name", async () => {
  const { wgsl } = await loadKernels();
  expect(Object.keys(wgsl)).toEqual(expect.arrayContaining(["matmul", "include/grid"]));
  for (const [name, text] of Object.entries(wgsl)) expect(text.length, name).toBeGreaterThan(0);
});

test("the plain WebAssembly module runs anywhere, the relaxed one where the engine has relaxed SIMD", async () => {
  const { wasm } = await loadKernels();
  expect(WebAssembly.validate(bytesOf(wasm.simd))).toBe(true);
  expect(WebAssembly.validate(bytesOf(wasm.relaxed))).toBe(hasRelaxedSimd());
  expect(await loadWasm({ relaxed: false })).toEqual(bytesOf(wasm.simd));
  expect(await loadWasm({ relaxed: true })).toEqual(bytesOf(wasm.relaxed));
});

test("both WebAssembly modules have the same functions in the same order", async () => {
  if (!hasRelaxedSimd()) return;
  const { wasm } = await loadKernels();
  const [simd, relaxed] = [wasm.simd, wasm.relaxed].map((base64) => {
    return WebAssembly.Module.exports(new WebAssembly.Module(bytesOf(base64))).map(({ name }) => name);
  });
  expect(relaxed).toEqual(simd);
});
