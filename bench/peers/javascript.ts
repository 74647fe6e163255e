/**
 * Other JavaScript libraries as rivals: jax-js and TensorFlow.js, from the package in `js/`, which is installed only by
 * who wants the comparison (`npm ci` in that folder).
 *
 * They are so much slower at training that they get fewer images; speeds are compared per image.
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Subject } from "../measure.ts";
import { RivalProcess } from "./process.ts";

const folder = fileURLToPath(new URL("./js/", import.meta.url));
const greeting = z.object({ version: z.string(), workloads: z.array(z.string()) });

interface Library {
  readonly script: string;
  readonly name: string;
  readonly backend: string;
  /** Images of a training step that take a few seconds at most. */
  readonly trainingBatch: number;
}

const LIBRARIES: readonly Library[] = [
  { script: "jax.js", name: "jax-js", backend: "wasm", trainingBatch: 4 },
  { script: "jax.js", name: "jax-js", backend: "webgpu", trainingBatch: 64 },
  { script: "tfjs.js", name: "TensorFlow.js", backend: "cpu", trainingBatch: 1 },
  { script: "tfjs.js", name: "TensorFlow.js", backend: "wasm", trainingBatch: 0 },
  { script: "tfjs.js", name: "TensorFlow.js", backend: "webgpu", trainingBatch: 64 },
];

export class JavaScriptPeer {
  readonly label: string;
  readonly isOnGpu: boolean;
  readonly #library: Library;
  readonly #workloads: readonly string[];
  readonly #process: RivalProcess;

  private constructor(library: Library, process: RivalProcess) {
    const { version, workloads } = greeting.parse(process.greeting);
    this.label = `${library.name} ${version}, ${library.backend}`;
    this.isOnGpu = library.backend === "webgpu";
    this.#library = library;
    this.#workloads = workloads;
    this.#process = process;
  }

  /**
   * @param gpu whether there is hardware for those that run on WebGPU
   * @param say hears who was left out, and why
   */
  static async startAll(gpu: boolean, say: (line: string) => void): Promise<readonly JavaScriptPeer[]> {
    if (!existsSync(`${folder}node_modules`)) {
      say("jax-js, TensorFlow.js: skipped, not installed (npm ci in bench/peers/js)");
      return [];
    }
    const peers: JavaScriptPeer[] = [];
    for (const library of LIBRARIES) {
      const { script, name, backend } = library;
      if (backend === "webgpu" && !gpu) {
        say(`${name}, webgpu: skipped, there is no hardware GPU`);
        continue;
      }
      const process = await RivalProcess.start("node", [folder + script, backend]);
      if (process instanceof RivalProcess) peers.push(new JavaScriptPeer(library, process));
      else say(`${name}, ${backend}: skipped, ${process.reason}`);
    }
    return peers;
  }

  /** A workload as something to measure; null where the library cannot do it. */
  subject(
    workload: "train-step" | "inference",
    wanted: number,
    flopsPerImage: number,
    name: string,
  ): Subject | null {
    if (!this.#workloads.includes(workload)) return null;
    const batch = workload === "train-step" ? Math.min(this.#library.trainingBatch, wanted) : wanted;
    return {
      ...{ name, device: this.label, threads: null, batch, flops: batch * flopsPerImage },
      ...(batch < wanted ? { note: "fewer images, it is slow" } : {}),
      run: (count) => this.#process.run(workload, batch, count),
    };
  }

  /** Ends the process. */
  close(): void {
    this.#process.close();
  }
}
