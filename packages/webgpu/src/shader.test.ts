/**
 * What is read from shaders, and what is computed for them, without a GPU.
 */

import { loadKernels } from "@mien/kernels";
import { expect, test } from "vitest";
import { sizeClass } from "./buffers.ts";
import { kernels } from "./kernels/table.ts";
import { viewOf } from "./kernels/views.ts";
import { assemble, parseShader, specialise, variantKey, withFeature } from "./shader.ts";
import { slotBytes } from "./uniforms.ts";

const text = `
const SIZE = 4u; // A knob.
alias T = f32;
struct Params {
  count: u32,
  // Aligned to sixteen bytes.
  dims: array<vec4<u32>, 8>,
  alpha: f32,
}
@group(0) @binding(1) var<storage, read_write> out: array<T>;
@group(0) @binding(0) var<storage, read> x: array<T>;
@group(1) @binding(0) var<uniform> params: Params;
`;

test("bindings and parameters are read from the declarations", () => {
  expect(parseShader("sample", text)).toMatchObject({
    bindings: [
      { name: "x", readOnly: true },
      { name: "out", readOnly: false },
    ],
    params: [
      { name: "count", scalar: "u32", offset: 0, length: 1 },
      { name: "dims", scalar: "u32", offset: 4, length: 32 },
      { name: "alpha", scalar: "f32", offset: 36, length: 1 },
    ],
  });
});

test("a knob is set where it is declared, and nowhere else", () => {
  const shader = parseShader("sample", text);
  const variant = { shader: "sample", knobs: { SIZE: 8, T: "i32" } };
  expect(specialise(shader, variant.knobs)).toBe(
    text.replace("SIZE = 4u", "SIZE = 8u").replace("= f32", "= i32"),
  );
  expect(variantKey(variant)).toBe("sample SIZE=8 T=i32");
  expect(() => specialise(shader, { SPEED: 1 })).toThrow("internal: sample.wgsl has no knob SPEED");
});

/** All shaders by name, assembled from the files as they are, or with those that use a feature. */
async function loadShaders(feature?: "subgroups" | "f16"): Promise<Record<string, string>> {
  const { wgsl } = await loadKernels();
  const texts = feature ? withFeature(wgsl, feature) : wgsl;
  const names = Object.keys(texts).filter((name) => !name.startsWith("include/"));
  return Object.fromEntries(names.map((name) => [name, assemble(texts, name)]));
}

test("an include comes once, in place of its line, and what it enables comes first", () => {
  const texts = {
    both: '#include "include/one.wgsl"\n#include "include/two.wgsl"\nfn main() {}\n',
    "include/one": '#include "include/two.wgsl"\nconst ONE = 1u;\n',
    "include/two": "const TWO = 2u;\n",
    "include/two.f16": "enable f16;\nconst TWO = 2.0h;\n",
  };
  expect(assemble(texts, "both")).toBe("const TWO = 2u;\nconst ONE = 1u;\n\nfn main() {}\n");
  expect(assemble(withFeature(texts, "subgroups"), "both")).toBe(assemble(texts, "both"));
  expect(assemble(withFeature(texts, "f16"), "both")).toBe(
    "enable f16;\nconst TWO = 2.0h;\nconst ONE = 1u;\n\nfn main() {}\n",
  );
  expect(() => assemble({ a: '#include "include/b.wgsl"' }, "a")).toThrow(
    "internal: there is no file include/b.wgsl",
  );
});

test("every shader's parameters fit a slot, and every variant's knobs exist", async () => {
  const shaders = await loadShaders();
  for (const [name, source] of Object.entries(shaders)) {
    const last = parseShader(name, source).params.at(-1)!;
    expect(4 * (last.offset + last.length), name).toBeLessThanOrEqual(slotBytes);
  }
  for (const [name, { variants }] of Object.entries(kernels)) {
    // A program's own kernels bring their text along.
    expect(variants.length > 0, name).toBe(name !== "custom");
    for (const { shader, knobs } of variants) specialise(parseShader(shader, shaders[shader]!), knobs);
  }
});

test("no shader needs more than the eight storage buffers of WebGPU's defaults", async () => {
  const shaders = await loadShaders();
  for (const [name, source] of Object.entries(shaders)) {
    expect(parseShader(name, source).bindings.length, name).toBeLessThanOrEqual(8);
  }
});

test("dimensions that lie one behind the other become one", () => {
  expect(viewOf([2, 3, 4], [12, 4, 1])).toEqual({ rank: 1, dims: [24, 1, 0, 0], count: 24 });
  expect(viewOf([2, 1, 3], [3, 99, 1], [1, 7, 2])).toEqual({
    rank: 2,
    dims: [2, 3, 1, 0, 3, 1, 2, 0],
    count: 6,
  });
  expect(viewOf([5, 4], [0, 0])).toEqual({ rank: 1, dims: [20, 0, 0, 0], count: 20 });
  expect(viewOf([], [])).toEqual({ rank: 1, dims: [1, 0, 0, 0], count: 1 });
  expect(viewOf([3, 0], [1, 1]).count).toBe(0);
});

test("size classes hold what they are asked for, and waste at most a quarter", () => {
  for (let bytes = 1; bytes < 1e9; bytes = Math.ceil(bytes * 1.01)) {
    const size = sizeClass(bytes);
    expect(size).toBeGreaterThanOrEqual(bytes);
    expect(size % 16).toBe(0);
    expect(size).toBeLessThanOrEqual(Math.max(256, 1.25 * bytes));
    expect(sizeClass(size)).toBe(size);
  }
});
