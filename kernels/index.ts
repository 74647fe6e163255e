/**
 * Where the other packages get device code from.
 *
 * The sources under `wgsl/` and `wasm/` are not loadable as they stand: `build.ts` resolves and compiles them into one
 * module of strings, which this file loads. Strings, because they survive every bundler: no file has to be found at
 * run time, in Node or in a browser.
 */

/** What `npm run build:kernels` makes of the sources. */
export interface GeneratedKernels {
  /** The hash of every source that went in; see `stale.ts`. */
  readonly sourceHash: string;
  /** The part of that hash which belongs to the WebAssembly module. */
  readonly wasmHash: string;
  /** WGSL text by file name without extension (`matmul`, `include/grid`, ...), includes still as lines. */
  readonly wgsl: Readonly<Record<string, string>>;
  /** The same WebAssembly module twice, in base64: for any engine with SIMD, and for those with relaxed SIMD. */
  readonly wasm: { readonly simd: string; readonly relaxed: string };
  /** The text of the CPU worker, plain JavaScript. */
  readonly workerSource: string;
}

let loading: Promise<GeneratedKernels> | undefined;

/** Loads the generated module, once. Throws a plain sentence when it has not been built. */
export function loadKernels(): Promise<GeneratedKernels> {
  loading ??= import("./generated/kernels.ts").then(
    (module) => module.kernels,
    (cause: unknown) => {
      loading = undefined;
      throw new Error("kernels: the generated module cannot be loaded, run: npm run build:kernels", {
        cause,
      });
    },
  );
  return loading;
}

/** The smallest module that holds a relaxed SIMD instruction (`f32x4.relaxed_madd`): 59 bytes, never run. */
// biome-ignore format: a table of bytes
const relaxedProbe = Uint8Array.from([
  0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 23, 1, 21, 0,
  0x41, 0, 0xfd, 0x11, 0x41, 0, 0xfd, 0x11, 0x41, 0, 0xfd, 0x11, 0xfd, 0x85, 0x02, 0x1a, 0x01, 0x01, 0x01, 0x0b,
]);

/** Whether this engine runs relaxed SIMD as it is, which brings fused multiply-add. */
export function hasRelaxedSimd(): boolean {
  return WebAssembly.validate(relaxedProbe);
}

/** The bytes of the WebAssembly module, with relaxed SIMD or without. */
export async function loadWasm({ relaxed }: { readonly relaxed: boolean }): Promise<Uint8Array<ArrayBuffer>> {
  const { wasm } = await loadKernels();
  const base64 = relaxed ? wasm.relaxed : wasm.simd;
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
