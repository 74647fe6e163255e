/**
 * The peak of a GPU: a WGSL kernel that does nothing but `fma`, the most float32 operations that it computes in a second.
 *
 * Every invocation holds sixteen numbers, each a chain of dependent multiply-adds, and there are enough invocations for
 * any GPU. Factor and summand are parameters, and the sum of all chains is the result, so nothing can be folded or left
 * out.
 */

import { defineOp, scope, zeros } from "mien";
import type { BenchDevice } from "./field.ts";
import { hasGpuClock, type Subject, timeKernels } from "./measure.ts";

const CHAINS = 16;
/** Turns of the loop that are written out, so that counting them costs next to nothing. */
const UNROLLED = 16;
const INVOCATIONS = 1 << 20;
const FLOPS_PER_TURN = 2 * CHAINS * UNROLLED * INVOCATIONS;
/** Of one run: long enough for the clock to rise, and short enough for drivers that end what takes seconds. */
const WANTED_MS = 10;

const chains = Array.from({ length: CHAINS }, (_, i) => `c${i}`);
const step = chains.map((c) => `${c} = fma(${c}, factor, summand);`).join(" ");

const multiplyAdd = defineOp({
  name: "multiplyAdd",
  inputs: ["x"],
  params: { turns: 1, factor: 0.999, summand: 0.001 },
  js: () => {
    throw new Error("bench: the peak of the CPU is another loop's");
  },
  wgsl: `
  let factor = params.factor;
  let summand = params.summand;
  ${chains.map((c, number) => `var ${c} = x(i) + ${number}.0;`).join("\n  ")}
  for (var turn = u32(params.turns); turn > 0u; turn--) {
    ${Array<string>(UNROLLED).fill(step).join("\n    ")}
  }
  return ${chains.join(" + ")};`,
});

/** The loop on a GPU, as something to measure. */
export type GpuPeak = Subject & { readonly flops: number };

/** Compiles the loop, and finds out how many turns of it make a run. */
export async function startGpuPeak({ device, label }: BenchDevice): Promise<GpuPeak> {
  const x = zeros([INVOCATIONS], { device }).keep();
  const time = (turns: number, count: number) =>
    timeKernels(device, count, () =>
      scope(() => {
        multiplyAdd(x, { turns });
      }),
    );
  let turns = 1;
  await time(turns, 1); // compiles
  while ((await time(turns, 1)) < WANTED_MS) turns *= 2;
  return {
    ...{ name: "fma in float32", device: label, threads: null, batch: null },
    flops: turns * FLOPS_PER_TURN,
    note: `by the ${hasGpuClock(device) ? "GPU's own" : "wall"} clock`,
    run: (count) => time(turns, count),
  };
}
