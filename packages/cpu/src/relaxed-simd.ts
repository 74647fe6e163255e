/**
 * Relaxed SIMD, whose fused multiply-add makes training a seventh faster (docs/performance.md).
 *
 * Engines have it as they are since V8 11.4. Node 20 is one version behind: it is finished there, and works, but has to
 * be asked for, which a running program may do.
 */

import { hasRelaxedSimd } from "@mien/kernels";
import { inNode } from "./start-worker.ts";

/** Whether WebAssembly that is compiled from now on may use it. */
export async function askForRelaxedSimd(): Promise<boolean> {
  if (!hasRelaxedSimd() && inNode) {
    const name = "node:v8";
    const { setFlagsFromString } = (await import(/* @vite-ignore */ name)) as typeof import("node:v8");
    setFlagsFromString("--experimental-wasm-relaxed-simd");
  }
  return hasRelaxedSimd();
}
