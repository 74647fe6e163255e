/**
 * The examination of an installation: versions, kernels, cache, and a short training on every device.
 *
 * Each finding is either as it should be, or holds a sentence that says what is wrong. What need not be there, such as a
 * GPU, is no fault when it is missing.
 */

import { readFileSync } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { arch, availableParallelism, cpus, platform, release, totalmem } from "node:os";
import { join } from "node:path";
import { type DeviceName, type DeviceProbe, openDevice, probeDevices } from "mien";
import { writeFileAtomic } from "./atomic-write.ts";
import { defaultCache } from "./pixel-cache.ts";
import { type CheckSize, judgeLosses, largestDifference, trainTenSteps } from "./training-check.ts";

const FULL: CheckSize = { batch: 32, pixels: 48 };
/** For devices that are a hundred times slower: a GPU in software, and the reference. */
const SMALL: CheckSize = { batch: 4, pixels: 16 };

export interface Versions {
  readonly mien: string;
  readonly node: string;
  /** Of the package `webgpu`, Dawn's binding; null if it is not installed. */
  readonly webgpu: string | null;
  readonly platform: string;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
}

/** What was found out of a device. */
export interface DeviceFinding extends DeviceProbe {
  /** What is wrong with it; null if it computes as it should, or is not there. */
  readonly fault: string | null;
  /** The ten steps, if it took them. */
  readonly training: TrainingFinding | null;
}

export interface TrainingFinding extends CheckSize {
  readonly losses: readonly number[];
  /** The largest difference from the losses of the cpu device; null where there are none to compare with. */
  readonly offCpu: number | null;
  readonly seconds: number;
}

export interface Examination {
  readonly versions: Versions;
  readonly machine: Machine;
  /** Whether the compiled kernels are those of the sources, as far as sources are there. */
  readonly kernels: { readonly fault: string | null; readonly note: string };
  /** Whether the cpu device multiplies and adds in one instruction. */
  readonly relaxedSimd: boolean;
  readonly cache: { readonly path: string; readonly note: string };
  readonly devices: readonly DeviceFinding[];
  /** What `--device auto` takes. */
  readonly automatic: DeviceName | null;
  /** All that is wrong, a sentence each. */
  readonly faults: readonly string[];
}

/** Options of an examination, for tests too. */
export interface ExaminationOptions {
  /** Examine this device (beside the cpu, the yardstick) and no other, and call it a fault if it is missing. */
  readonly device?: DeviceName;
  /** Of the cpu device. Default: all. */
  readonly threads?: number;
  /** The folder of the cache. Default: where `loadFolderCached` keeps it. */
  readonly cache?: string;
  /** Hears what is being done. */
  readonly onStart?: (what: string) => void;
}

/** Examines everything. Takes some seconds. */
export async function examine(options: ExaminationOptions = {}): Promise<Examination> {
  const { device: wanted, threads, cache = defaultCache(), onStart = () => {} } = options;
  const cpuOptions = threads === undefined ? {} : { threads };
  const kernels = await examineKernels();
  const probes = await probeDevices(cpuOptions);
  const looked = probes.filter(({ name }) => !wanted || name === wanted || name === "cpu");
  const devices: DeviceFinding[] = [];
  const yardsticks = new Map<CheckSize, readonly number[]>();
  // The cpu comes first: the others are measured by it.
  for (const probe of looked.sort((a, b) => Number(b.name === "cpu") - Number(a.name === "cpu"))) {
    if (probe.found) {
      onStart(`ten steps on ${probe.description}`);
      devices.push(await examineDevice(probe, yardsticks, cpuOptions));
    } else {
      const mayBeMissing = probe.name === "webgpu" && probe.name !== wanted;
      devices.push({ ...probe, fault: mayBeMissing ? null : probe.description, training: null });
    }
  }
  const faults = [
    ...(kernels.fault ? [`kernels: ${kernels.fault}`] : []),
    ...devices.flatMap(({ name, fault }) => (fault ? [`${name}: ${fault}`] : [])),
  ];
  const relaxedSimd = devices.some(
    ({ name, description }) => name === "cpu" && /relaxed SIMD/.test(description),
  );
  const automatic = probes.find(({ found, isSoftware }) => found && !isSoftware)?.name ?? null;
  const versions = readVersions();
  const machine = readMachine();
  return {
    ...{ versions, machine, kernels, relaxedSimd },
    ...{ cache: await examineCache(cache), devices, automatic, faults },
  };
}

/**
 * Takes the ten steps on a device.
 *
 * @param yardsticks the losses of the cpu by size; the cpu's own examination fills it
 */
async function examineDevice(
  probe: DeviceProbe,
  yardsticks: Map<CheckSize, readonly number[]>,
  cpuOptions: { readonly threads?: number },
): Promise<DeviceFinding> {
  const { name, isSoftware } = probe;
  try {
    const device = await openDevice(name, { ...cpuOptions, log: () => {} });
    try {
      if (name === "cpu") yardsticks.set(SMALL, await trainTenSteps(device, SMALL));
      const size = isSoftware || name === "reference" ? SMALL : FULL;
      const started = performance.now();
      const losses = await trainTenSteps(device, size);
      const seconds = (performance.now() - started) / 1000;
      const expected = yardsticks.get(size) ?? null;
      if (name === "cpu") yardsticks.set(size, losses);
      const offCpu = expected && largestDifference(losses, expected);
      return {
        ...probe,
        fault: judgeLosses(losses, expected),
        training: { ...size, losses, offCpu, seconds },
      };
    } finally {
      device.dispose();
    }
  } catch (cause) {
    return {
      ...probe,
      fault: cause instanceof Error ? cause.message : String(cause),
      training: null,
    };
  }
}

async function examineKernels(): Promise<Examination["kernels"]> {
  try {
    // By its path: whether they are fresh is a matter of the repository, of which a program sees the result alone.
    const { staleReason } = await import("../../../../kernels/stale.ts");
    const fault = staleReason();
    return { fault, note: fault ?? "built, of the present sources" };
  } catch {
    return { fault: null, note: "built; there are no sources here to compare them with" };
  }
}

/** A cache that cannot be written is done without, so this is no fault. */
async function examineCache(path: string): Promise<Examination["cache"]> {
  const trial = join(path, ".trial");
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    await writeFileAtomic(trial, "");
    await rm(trial, { force: true });
    return { path, note: "can be written" };
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return { path, note: `cannot be used, so folders of faces are decoded anew each time: ${reason}` };
  }
}

function readVersions(): Versions {
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    version: string;
  };
  return {
    mien: version,
    node: process.versions.node,
    webgpu: dawnVersion(),
    platform: `${platform()} ${release()} ${arch()}`,
  };
}

function dawnVersion(): string | null {
  try {
    return (createRequire(import.meta.url)("webgpu/package.json") as { version: string }).version;
  } catch {
    return null;
  }
}

function readMachine(): Machine {
  const cpu = cpus()[0]?.model.trim() || "unknown processor";
  return { cpu, cores: availableParallelism(), memoryGiB: Math.round((10 * totalmem()) / 2 ** 30) / 10 };
}
