/**
 * Builds the kernels: `tsx kernels/build.ts`.
 *
 * Writes `generated/kernels.ts`, a module of strings (see `index.ts`). Nothing happens when no source has changed, and
 * the WebAssembly module is compiled again only when its own sources have. The result is written under a temporary
 * name and renamed, so two builds at once, or one beside a running program, never show half a file.
 */

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import type { GeneratedKernels } from "./index.ts";
import {
  filesIn,
  generatedFile,
  hashLine,
  hashSources,
  readGeneratedHashes,
  wasmFolder,
  wgslFolder,
} from "./sources.ts";

/** How AssemblyScript is compiled. Warning 112 is about vectors in exported functions, which ours only hand each other. */
const flags = "-O3 --debug --noAssert --runtime stub --enable simd --enable threads --disableWarning 112";
// Buffers, scratch and the workers' control block share one memory, which the device owns and grows. The first 8 KiB are
// the host's.
const memoryFlags = "--importMemory --sharedMemory --initialMemory 1 --maximumMemory 65536 --memoryBase 8192";

const hashes = hashSources();
const previous = readGeneratedHashes();
if (previous?.sourceHash !== hashes.sourceHash) {
  const wasm = (await previousWasm()) ?? (await compileWasm());
  write({ ...hashes, wgsl: readWgsl(), wasm, workerSource: readWorker() });
}

/** Every WGSL file by its name. */
function readWgsl(): Record<string, string> {
  return Object.fromEntries(
    filesIn(wgslFolder, ".wgsl").map((file) => {
      const name = relative(wgslFolder, file).split(sep).join("/");
      return [name.slice(0, -".wgsl".length), readFileSync(file, "utf8")];
    }),
  );
}

function readWorker(): string {
  const file = join(wasmFolder, "worker.js");
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}

/** The compiled modules of the previous build, where their sources are still the same. */
async function previousWasm(): Promise<GeneratedKernels["wasm"] | null> {
  if (previous?.wasmHash !== hashes.wasmHash) return null;
  const { kernels } = await import("./generated/kernels.ts");
  return kernels.wasmHash === hashes.wasmHash ? kernels.wasm : null;
}

async function compileWasm(): Promise<GeneratedKernels["wasm"]> {
  if (!existsSync(join(wasmFolder, "index.ts"))) return { simd: "", relaxed: "" };
  const [simd, relaxed] = [await compile([]), await compile(["--enable", "relaxed-simd"])];
  return { simd, relaxed };
}

/** Runs the AssemblyScript compiler in this process, and gives its output in base64. */
async function compile(extra: readonly string[]): Promise<string> {
  const asc = await import("assemblyscript/asc");
  let binary: Uint8Array | undefined;
  const messages: string[] = [];
  const files = ["index.ts", "--baseDir", wasmFolder, "--outFile", "kernels.wasm"];
  const options = [...files, ...flags.split(" "), ...memoryFlags.split(" "), ...extra];
  const { error } = await asc.main(options, {
    stdout: { write: () => undefined },
    stderr: { write: (chunk: string | Uint8Array) => void messages.push(String(chunk)) },
    writeFile: (_name: string, contents: string | Uint8Array) => {
      if (typeof contents !== "string") binary = contents;
    },
  });
  process.stderr.write(messages.join(""));
  if (error || !binary) fail(`kernels/wasm: ${error?.message ?? "the compiler wrote nothing"}`);
  return Buffer.from(binary).toString("base64");
}

function write(kernels: GeneratedKernels): void {
  const text = `${hashLine(kernels)}// Written by kernels/build.ts. Do not edit.

import type { GeneratedKernels } from "../index.ts";

export const kernels: GeneratedKernels = ${JSON.stringify(kernels, null, 1)};
`;
  mkdirSync(dirname(generatedFile), { recursive: true });
  const temporary = `${generatedFile}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, generatedFile);
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
