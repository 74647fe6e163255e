/**
 * Finds the kernels' sources and fingerprints them (Node only).
 *
 * The fingerprint is what tells `build.ts` that there is nothing to do, and `stale.ts` that there is. It covers names
 * and contents, the compiler's version and the build script itself.
 */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const kernelsFolder = fileURLToPath(new URL(".", import.meta.url));
export const wgslFolder = join(kernelsFolder, "wgsl");
export const wasmFolder = join(kernelsFolder, "wasm");
export const generatedFile = join(kernelsFolder, "generated", "kernels.ts");

export interface SourceHashes {
  readonly sourceHash: string;
  readonly wasmHash: string;
}

/** Fingerprints of all sources, and of those which the WebAssembly module is made from. */
export function hashSources(): SourceHashes {
  const asc = createRequire(import.meta.url)("assemblyscript/package.json") as { version: string };
  const scripts = ["build.ts", "sources.ts"].map((name) => join(kernelsFolder, name));
  const wasmHash = hashOf([asc.version], [...scripts, ...filesIn(wasmFolder, ".ts")]);
  const sourceHash = hashOf([wasmHash], [...filesIn(wgslFolder, ".wgsl"), ...filesIn(wasmFolder, ".js")]);
  return { sourceHash, wasmHash };
}

/** The hashes that the generated module carries in its first line, or null when there is no such module. */
export function readGeneratedHashes(): SourceHashes | null {
  if (!existsSync(generatedFile)) return null;
  const match = /^\/\/ (\w+) (\w+)\n/.exec(readFileSync(generatedFile, "utf8"));
  return match ? { sourceHash: match[1]!, wasmHash: match[2]! } : null;
}

export function hashLine({ sourceHash, wasmHash }: SourceHashes): string {
  return `// ${sourceHash} ${wasmHash}\n`;
}

/** Files below `folder` with the given ending, in a fixed order; none when the folder does not exist. */
export function filesIn(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort();
}

function hashOf(words: readonly string[], files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const word of words) hash.update(`${word}\0`);
  for (const file of files) {
    hash.update(`${relative(kernelsFolder, file).split(sep).join("/")}\0`);
    hash.update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex").slice(0, 32);
}
