/**
 * Where the time of a program goes, kernel by kernel.
 *
 * A device that is being profiled times every launch: on a GPU by the GPU's own clock, elsewhere by the wall clock,
 * for there a launch is over when it returns. Times of launches that are alike (the same kernel, function and sizes)
 * are added up. Whatever the table does not hold was spent outside of kernels: in JavaScript, waiting, between launches.
 */

import type { Device } from "./device.ts";
import { ArgumentError } from "./errors.ts";
import type { Conv2dParams, KernelName, Kernels } from "./kernels.ts";

/** What launches that are alike took so far. */
export interface LaunchTimes {
  launches: number;
  milliseconds: number;
}

/** Gives the place to which the time of a launch is to be added. */
export type LaunchLog = (kernel: KernelName, params: object) => LaunchTimes;

/** Times a launch that is over when it returns: the function that this gives is to be called then. */
export function stopwatch(log: LaunchLog, kernel: KernelName, params: object): () => void {
  const times = log(kernel, params);
  const started = performance.now();
  return () => {
    times.milliseconds += performance.now() - started;
    times.launches += 1;
  };
}

/** Launches of one kernel with the same function and sizes. */
export interface ProfileRow {
  readonly kernel: KernelName;
  /** The function and the sizes, as in `add 64x32x24x24`. */
  readonly detail: string;
  readonly launches: number;
  readonly milliseconds: number;
  /** Of the milliseconds of all kernels, 0 to 1. */
  readonly share: number;
  /** Of products and convolutions, counted as direct ones whatever way they were computed; null for others. */
  readonly gigaflopsPerSecond: number | null;
}

export interface Profile {
  /** The slowest first. */
  readonly rows: readonly ProfileRow[];
  readonly launches: number;
  readonly kernelMilliseconds: number;
  /** From the start of the profile until all its work was done. */
  readonly wallMilliseconds: number;
  /** The rows as a table, with what was spent outside of kernels. */
  toString(): string;
}

export interface RunningProfile {
  /** Ends the profile, waits for the device, and tells what was found. Launches after this call are not in it. */
  stop(): Promise<Profile>;
}

const profiled = new WeakSet<Device>();

/**
 * Times all kernels of a device until `stop()`. Captured steps are timed as they are replayed. Results are the same to
 * the bit; on a GPU each launch gets a pass to itself meanwhile, which costs some microseconds a launch.
 *
 * ```ts
 * await device.sync(); // so that nothing earlier is still going on
 * const profile = startProfile(device);
 * for (const batch of batches) step(batch);
 * console.log(`${await profile.stop()}`);
 * ```
 *
 * @throws DeviceError on a GPU whose adapter has no timestamps
 * @throws ArgumentError when the device is being profiled already
 */
export function startProfile(device: Device): RunningProfile {
  if (profiled.has(device)) {
    throw new ArgumentError(
      `startProfile: the device ${device.name} is being profiled already, expected one profile at a time. ` +
        "Help: stop() the other one first",
    );
  }
  const groups = new Map<
    string,
    { kernel: KernelName; detail: string; flops: number | null } & LaunchTimes
  >();
  const end = device.timeLaunches((kernel, params) => {
    const detail = detailOf(kernel, params);
    const key = `${kernel} ${detail}`;
    let group = groups.get(key);
    if (!group) {
      group = { kernel, detail, flops: flopsOf(kernel, params), launches: 0, milliseconds: 0 };
      groups.set(key, group);
    }
    return group;
  });
  profiled.add(device);
  const started = performance.now();
  let stopped: Promise<Profile> | null = null;
  const stop = async (): Promise<Profile> => {
    try {
      await end();
      await device.sync();
    } finally {
      profiled.delete(device);
    }
    const wallMilliseconds = performance.now() - started;
    const kernelMilliseconds = sum([...groups.values()], (group) => group.milliseconds);
    const rows = [...groups.values()]
      .sort((a, b) => b.milliseconds - a.milliseconds)
      .map(({ kernel, detail, flops, launches, milliseconds }) => ({
        ...{ kernel, detail, launches, milliseconds },
        share: kernelMilliseconds > 0 ? milliseconds / kernelMilliseconds : 0,
        gigaflopsPerSecond:
          flops === null || milliseconds === 0 ? null : (flops * launches) / milliseconds / 1e6,
      }));
    const launches = sum(rows, (row) => row.launches);
    const totals = { launches, kernelMilliseconds, wallMilliseconds };
    return { rows, ...totals, toString: () => format(rows, totals) };
  };
  return {
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}

type Params = Readonly<Record<string, unknown>>;

/** Which function a launch computes, and how large it is, as far as its params tell. */
function detailOf(kernel: KernelName, params: object): string {
  const { op, shape, activation } = params as Params;
  const words: unknown[] = [op];
  // Gradients are given all params of their forward pass, this one too.
  const activates = kernel === "conv2d" || kernel === "conv2dMaxPool" || kernel === "matmul";
  if (activates && activation !== "none") words.push(activation);
  if (kernel === "custom") words.push((params as Kernels["custom"]["params"]).kernel.name);
  words.push(Array.isArray(shape) ? shape.join("x") : sizesOf(params as Params));
  return words.filter((word) => typeof word === "string" && word !== "").join(" ");
}

/** The sizes by which a family calls its operands, in the order in which one would say them. */
const SIZES = [
  ["n", "cIn", "hIn", "wIn", "cOut", "kH", "kW"],
  ["batch", "m", "n", "k"],
  ["planes", "hIn", "wIn", "kH", "kW"],
  ["batch", "hOut", "wOut"],
  ["outer", "channels", "inner"],
  ["outer", "classes", "inner"],
  ["outer", "size", "inner"],
  ["count"],
] as const;

function sizesOf(params: Params): string {
  const names = SIZES.find((set) => set.every((name) => typeof params[name] === "number"));
  return names ? names.map((name) => params[name]).join("x") : "";
}

/** Multiplications and additions of one launch. */
function flopsOf(kernel: KernelName, params: object): number | null {
  switch (kernel) {
    case "matmul": {
      const { batch, m, n, k } = params as Kernels["matmul"]["params"];
      return 2 * batch * m * n * k;
    }
    case "conv2d":
    case "conv2dMaxPool":
    case "conv2dInputGrad":
    case "conv2dWeightGrad":
    case "conv2dMaxPoolInputGrad":
    case "conv2dMaxPoolWeightGrad": {
      const { n, cIn, cOut, hOut, wOut, kH, kW, groups } = params as Conv2dParams;
      return (2 * n * cOut * hOut * wOut * cIn * kH * kW) / groups;
    }
    default:
      return null;
  }
}

type Totals = Pick<Profile, "launches" | "kernelMilliseconds" | "wallMilliseconds">;

function format(rows: readonly ProfileRow[], totals: Totals): string {
  const { launches, kernelMilliseconds, wallMilliseconds } = totals;
  const outside = Math.max(0, wallMilliseconds - kernelMilliseconds);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const lines = [
    ["kernel", "", "launches", "ms", "share", "GFLOP/s"],
    ...rows.map(({ kernel, detail, launches, milliseconds, share, gigaflopsPerSecond: rate }) => [
      ...[kernel, detail, String(launches), milliseconds.toFixed(3), percent(share)],
      rate === null ? "" : rate.toFixed(1),
    ]),
    ["all kernels", "", String(launches), kernelMilliseconds.toFixed(3), percent(1), ""],
  ];
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)));
  const table = lines.map((line) =>
    line
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
  table.splice(1, 0, widths.map((width) => "-".repeat(width)).join("  "));
  return [
    ...table,
    `from start to end ${wallMilliseconds.toFixed(1)} ms, of them ${percent(wallMilliseconds > 0 ? outside / wallMilliseconds : 0)} outside of kernels`,
  ].join("\n");
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
