/**
 * Which package may import what. Arrows go one way, what a browser loads imports nothing of Node, and what is imported
 * never depends on data.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { root } from "./support/program.ts";

/** The packages that each may import; all may import what npm brings, as package.json says. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  tensor: [],
  cpu: ["@mien/tensor", "@mien/kernels"],
  webgpu: ["@mien/tensor", "@mien/kernels"],
  nn: ["@mien/tensor"],
  mien: ["@mien/tensor", "@mien/nn", "@mien/cpu", "@mien/webgpu"],
  emotion: ["mien", "@mien/tensor"],
};

/** Files that only Node loads, through `import()`. */
const nodeEdge = [/packages\/emotion\/src\/node\//, /\/node-[a-z-]+\.ts$/, /\.test\.ts$/];

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes("node_modules"))
    .map((name) => join(folder, name));
}

function withoutComments(text: string): string {
  return text.replace(/^\s*(\/\/|\*).*$/gm, "");
}

function importsOf(file: string): string[] {
  const text = withoutComments(readFileSync(file, "utf8"));
  return [
    ...text.matchAll(/^(?:import|export)\b(?! type)[^"';]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"/gm),
  ].map((match) => (match[1] ?? match[2])!);
}

test.each(Object.keys(allowed))("%s imports only what lies beneath it", (name) => {
  for (const file of sources(join(root, "packages", name, "src"))) {
    if (file.endsWith(".test.ts")) continue;
    for (const target of importsOf(file)) {
      if (target === "mien" || target.startsWith("@mien/")) {
        expect(allowed[name], `${file} imports ${target}`).toContain(target);
      }
    }
  }
});

test.each(Object.keys(allowed))("%s runs without Node", (name) => {
  for (const file of sources(join(root, "packages", name, "src"))) {
    if (nodeEdge.some((pattern) => pattern.test(file))) continue;
    for (const target of importsOf(file)) {
      expect(target, `${file} imports ${target}`).not.toMatch(
        /^node:|^(fs|path|os|worker_threads|url)$|\/node(\/|$)/,
      );
      expect(target, `${file} imports ${target} statically`).not.toMatch(
        /^(webgpu|pngjs|jpeg-js|commander|cli-progress)$/,
      );
    }
  }
});

/** Where the target of an `import()` is no literal, and why. Whoever reads weights or images is not among them. */
const computedImports: Readonly<Record<string, string>> = {
  "packages/cpu/src/open.ts": "a constant, which bundlers for browsers shall not follow",
  "packages/cpu/src/relaxed-simd.ts": "a constant, as above",
  "packages/cpu/src/start-worker.ts": "a constant, as above",
  "packages/webgpu/src/adapter.ts": "a constant, as above",
  "packages/emotion/src/node/config.ts": "mien.config.ts is a program of the user's own",
  "packages/emotion/src/node/decode-threads.ts": "the first line of a worker, which names a file of ours",
};

test("no file's contents decide what is imported", () => {
  const computed = Object.keys(allowed)
    .flatMap((name) => sources(join(root, "packages", name, "src")))
    .filter((file) => !file.endsWith(".test.ts"))
    .filter((file) => /\bimport\((?!\s*")/.test(withoutComments(readFileSync(file, "utf8"))))
    .map((file) => relative(root, file));
  expect(computed.sort()).toEqual(Object.keys(computedImports).sort());
});
