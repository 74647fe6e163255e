/**
 * The machine's own peak: what the loop of `peak-module.ts` reaches on one thread and on several at once, and that of
 * `gpu-peak.ts` on a GPU.
 *
 * On the CPU that is the engine's peak, not the processor's: WebAssembly has vectors of 128 bits, and fuses
 * multiplication and addition only with relaxed SIMD. Kernels are held against the loop of the instructions they are
 * compiled to. PyTorch may use wider vectors, and go beyond it.
 */

import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { hasRelaxedSimd } from "@mien/kernels";
import type { GpuPeak } from "./gpu-peak.ts";
import { median, type Subject } from "./measure.ts";
import { assemblePeakModule, FLOPS_PER_TURN } from "./peak-module.ts";

export interface Peak {
  /** The instructions of the loop. */
  readonly loop: PeakLoop;
  /** By number of threads: the best of the turns, for other programs only ever lower it. */
  readonly gigaflopsPerSecond: Readonly<Record<number, number>>;
  /** Of the loop in WGSL; null where there is no GPU. */
  readonly gpuGigaflopsPerSecond: number | null;
}

export type PeakLoop = "multiply, then add" | "relaxed fused multiply-add";

/** The loops that this engine can run; the last one is what our kernels are compiled to. */
export function peakLoops(): readonly PeakLoop[] {
  return hasRelaxedSimd() ? ["multiply, then add", "relaxed fused multiply-add"] : ["multiply, then add"];
}

/**
 * What a thread runs: it is sent numbers of calls, and answers each when it has made them. A string, because a file of
 * its own would be lost by bundlers, and threads start without tsx.
 */
const WORKER = `
  const { parentPort, workerData } = require("node:worker_threads");
  const { module, turnsPerCall } = workerData;
  const { run } = new WebAssembly.Instance(module).exports;
  parentPort.on("message", (calls) => {
    for (let call = 0; call < calls; call++) run(turnsPerCall);
    parentPort.postMessage(calls);
  });`;

/** Short calls, because engines swap in the optimised code between calls only. */
const TURNS_PER_CALL = 10_000;
/** Together some ten milliseconds. */
const CALLS_PER_RUN = 400;

/** The peak loop on a number of threads, as something to measure. To be closed. */
export interface PeakSubject extends Subject {
  readonly flops: number;
  close(): Promise<void>;
}

export async function startPeak(loop: PeakLoop, threads: number): Promise<PeakSubject> {
  const module = await WebAssembly.compile(assemblePeakModule(loop === "relaxed fused multiply-add"));
  const workerData = { module, turnsPerCall: TURNS_PER_CALL };
  const workers = Array.from(
    { length: threads },
    () => new Worker(WORKER, { eval: true, execArgv: [], workerData }),
  );
  return {
    name: loop,
    device: "WebAssembly",
    threads,
    batch: null,
    flops: threads * CALLS_PER_RUN * TURNS_PER_CALL * FLOPS_PER_TURN,
    async run(count) {
      const started = performance.now();
      await Promise.all(
        workers.map((worker) => {
          worker.postMessage(count * CALLS_PER_RUN);
          return once(worker, "message");
        }),
      );
      return performance.now() - started;
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

/** Many short turns: one of them will find the cores free. */
const TURNS = 20;
const RUNS_PER_TURN = 3;

/** Measures the peaks that kernels are held against: for each number of threads, and of a GPU if one is given. */
export async function measurePeak(threadCounts: readonly number[], gpu: GpuPeak | null): Promise<Peak> {
  const gigaflopsPerSecond: Record<number, number> = {};
  for (const threads of threadCounts) gigaflopsPerSecond[threads] = Math.max(...(await peakRates(threads)));
  const gpuGigaflopsPerSecond = gpu && Math.max(...(await ratesOf(gpu, 1)));
  return { loop: ownLoop(), gigaflopsPerSecond, gpuGigaflopsPerSecond };
}

/** The loop of the instructions that our kernels are compiled to. */
const ownLoop = (): PeakLoop => peakLoops().at(-1)!;

/** GFLOP/s in each of the turns. */
async function peakRates(threads: number): Promise<readonly number[]> {
  const subject = await startPeak(ownLoop(), threads);
  const rates = await ratesOf(subject, RUNS_PER_TURN);
  await subject.close();
  return rates;
}

async function ratesOf({ flops, run }: Subject & { readonly flops: number }, runsPerTurn: number) {
  await run(runsPerTurn);
  const rates: number[] = [];
  for (let turn = 0; turn < TURNS; turn++) rates.push((flops * runsPerTurn) / (await run(runsPerTurn)) / 1e6);
  return rates;
}

export function formatPeak({ loop, gigaflopsPerSecond, gpuGigaflopsPerSecond: gpu }: Peak): string {
  const rates = Object.entries(gigaflopsPerSecond).map(
    ([threads, rate]) => `${rate.toFixed(1)} GFLOP/s on ${threads} ${threads === "1" ? "thread" : "threads"}`,
  );
  const onGpu = gpu === null ? "" : `; WGSL, fma in float32: ${gpu.toFixed(1)} GFLOP/s`;
  return `WebAssembly SIMD, ${loop}: ${rates.join(", ")}${onGpu}`;
}

/** A gain below this share of the threads means that their cores have other work. */
const FAIR_SHARE = 0.75;

/**
 * Warns if several threads gain little over one even in the peak loop: then other programs have the cores, and what
 * was measured on these threads says more about those programs. PyTorch, whose threads wait for each other most,
 * suffers most, so that ratios flatter us. It looks at the usual turn, not the best, and is to be asked before and
 * after a measurement.
 */
export async function warnOfBusyCores(threadCounts: readonly number[]): Promise<readonly string[]> {
  const warnings: string[] = [];
  const several = threadCounts.filter((threads) => threads > 1);
  const alone = several.length > 0 ? median(await peakRates(1)) : 0;
  for (const threads of several) {
    const gain = median(await peakRates(threads)) / alone;
    if (gain >= FAIR_SHARE * threads) continue;
    const fact = `${threads} threads compute only ${gain.toFixed(2)}x what one does`;
    warnings.push(`warning: ${fact}; the cores are busy, trust no row on ${threads} threads`);
  }
  return warnings;
}
