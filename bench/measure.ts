/**
 * Measuring several programs against each other on a machine that does other things, too.
 *
 * All subjects run in turns, A B A B, so that whatever slows the machine for a while slows all of them. A subject's
 * time is the median of its turns. A ratio is taken within each round, between turns that lie side by side, and only
 * then is the median of the ratios taken: it stays put when the times themselves drift.
 */

import { type Device, startProfile } from "mien";

/** Something that can be run again and again. */
export interface Subject {
  /** What is done, as in `train step`. */
  readonly name: string;
  /** What it is done on, as in `cpu` or `PyTorch 1.13`. */
  readonly device: string;
  readonly threads: number | null;
  /** Images per run, where there are images. */
  readonly batch: number | null;
  /** Floating-point operations of one run. */
  readonly flops?: number;
  /** Bytes that one run reads and writes at least. */
  readonly bytes?: number;
  /** What a reader must know to read the row right. */
  readonly note?: string;
  /** Runs `count` times, waits for the end, and tells how many milliseconds that took. */
  run(count: number): Promise<number>;
}

export interface MeasureOptions {
  /** How many turns each subject has. */
  readonly rounds: number;
  /** How long one turn should last, in milliseconds; one run at least. */
  readonly turnMs: number;
}

export interface Measurement {
  readonly subject: Subject;
  /** Milliseconds per run, one number for each round. */
  readonly samples: readonly number[];
}

/** The most runs in one turn, for kernels of a few microseconds. */
const MAX_RUNS = 2000;

/** Warms every subject up, then gives them turns. The measurements are in the order of the subjects. */
export async function measure(
  subjects: readonly Subject[],
  options: MeasureOptions,
): Promise<readonly Measurement[]> {
  const contenders = [];
  for (const subject of subjects) {
    contenders.push({ subject, runs: await warmUp(subject, options.turnMs), samples: [] as number[] });
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const { subject, runs, samples } of contenders) samples.push((await subject.run(runs)) / runs);
  }
  return contenders;
}

/** Runs for about a turn, so that engines compile and caches fill, and tells how many runs make up a turn. */
async function warmUp(subject: Subject, turnMs: number): Promise<number> {
  let last = await subject.run(1);
  const started = performance.now();
  while (performance.now() - started < turnMs) last = await subject.run(1);
  return Math.min(MAX_RUNS, Math.max(1, Math.round(turnMs / last)));
}

/** How many times as fast the first is as the second, per image where both count images. */
export function speedRatio(own: Measurement, rival: Measurement): number {
  const perImage = (own.subject.batch ?? 1) / (rival.subject.batch ?? 1);
  return median(own.samples.map((sample, round) => (rival.samples[round]! / sample) * perImage));
}

/** The middle of the values, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs `body` `count` times on a device, waits until all is done there, and tells the milliseconds. */
export async function timeOnDevice(device: Device, count: number, body: () => void): Promise<number> {
  const started = performance.now();
  for (let i = 0; i < count; i++) body();
  await device.sync();
  return performance.now() - started;
}

/** The GPU behind one of our devices; undefined for the others. */
export function gpuOf(device: Device): GPUDevice | undefined {
  return (device as { gpuDevice?: GPUDevice }).gpuDevice;
}

/** Whether a device tells by a clock of its own how long its kernels take. */
export function hasGpuClock(device: Device): boolean {
  return gpuOf(device)?.features.has("timestamp-query") ?? false;
}

/**
 * Like `timeOnDevice`, but where a GPU has a clock, the milliseconds that its kernels took by it: to launch one from
 * JavaScript may take longer than the kernel.
 */
export async function timeKernels(device: Device, count: number, body: () => void): Promise<number> {
  if (!hasGpuClock(device)) return timeOnDevice(device, count, body);
  await device.sync();
  const profile = startProfile(device);
  for (let i = 0; i < count; i++) body();
  return (await profile.stop()).kernelMilliseconds;
}
