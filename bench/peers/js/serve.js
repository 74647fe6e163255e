/**
 * What the scripts of this folder have in common: one line of JSON about the library, then for each line
 * `run WORKLOAD BATCH COUNT` the milliseconds that COUNT runs took. It is the protocol of `torch_bench.py`.
 */

import { createInterface } from "node:readline";

/**
 * @param version of the library
 * @param workloads by name: from a batch size to a function that runs once and resolves when all is computed
 */
export async function serve(version, workloads) {
  console.log(JSON.stringify({ version, workloads: Object.keys(workloads) }));
  let ready = { key: "", run: async () => {} };
  for await (const line of createInterface(process.stdin)) {
    const [, name, batch, count] = line.split(" ");
    const key = `${name} ${batch}`;
    if (ready.key !== key) ready = { key, run: await workloads[name](Number(batch)) };
    const started = performance.now();
    for (let i = 0; i < Number(count); i++) await ready.run();
    console.log(performance.now() - started);
  }
}

/** Gives a library that asks for `navigator.gpu` the one of Dawn's Node bindings. */
export async function provideWebGPU() {
  const { create, globals } = await import("webgpu");
  Object.assign(globalThis, globals);
  const gpu = create([]);
  Object.defineProperty(globalThis, "navigator", { value: { gpu, userAgent: "node" }, configurable: true });
}
