/**
 * The field: who takes part. Our devices, and other libraries in long-lived processes, each paired with its rival.
 */

import { type Device, openDevice, probeDevices } from "mien";
import type { GpuPeak } from "./gpu-peak.ts";
import { type Measurement, type MeasureOptions, measure, type Subject } from "./measure.ts";
import type { Peak } from "./peak.ts";
import { JavaScriptPeer } from "./peers/javascript.ts";
import { TorchPeer } from "./peers/torch.ts";
import { type Row, toRow } from "./report.ts";

export type BenchDeviceName = "cpu" | "webgpu" | "reference";
export const BENCH_DEVICES: readonly BenchDeviceName[] = ["cpu", "webgpu", "reference"];

/** One of our devices. */
export interface BenchDevice {
  readonly device: Device;
  /** As it stands in the tables. */
  readonly label: string;
  /** Threads of the CPU device; null on others. */
  readonly threads: number | null;
  /** A GPU that is imitated on the CPU. */
  readonly isSoftware: boolean;
}

export interface Field {
  readonly devices: readonly BenchDevice[];
  readonly peers: readonly TorchPeer[];
  readonly scripts: readonly JavaScriptPeer[];
  readonly peak: Peak;
  /** The peak loop of the GPU; null where there is none. */
  readonly gpuPeak: GpuPeak | null;
  readonly threads: readonly number[];
  readonly options: MeasureOptions;
  readonly training: TrainingPlan;
}

/** What the suite `training` trains. */
export interface TrainingPlan {
  readonly epochs: number;
  /** The folder of the faces; null for the built-in ones. */
  readonly data: string | null;
}

/** A suite measures something of a field, and returns the rows of its table. */
export type Suite = (field: Field) => Promise<readonly Row[]>;

/** Opens every device that is asked for; `say` hears why one is not there. */
export async function openDevices(
  names: readonly BenchDeviceName[],
  threads: readonly number[],
  say: (line: string) => void,
): Promise<readonly BenchDevice[]> {
  const devices: BenchDevice[] = [];
  for (const name of names) {
    switch (name) {
      case "cpu":
        for (const count of threads) {
          const device = await openDevice("cpu", { threads: count });
          devices.push({ device, label: "cpu", threads: count, isSoftware: false });
        }
        break;
      case "reference":
        devices.push({
          device: await openDevice("reference"),
          label: "reference",
          threads: null,
          isSoftware: false,
        });
        break;
      case "webgpu": {
        const probe = (await probeDevices()).find((found) => found.name === "webgpu");
        if (!probe?.found) {
          say(`webgpu: skipped, ${probe?.description}`);
          break;
        }
        const device = await openDevice("webgpu", { log: () => undefined });
        devices.push({ device, label: probe.description, threads: null, isSoftware: probe.isSoftware });
        break;
      }
      default:
        name satisfies never;
    }
  }
  return devices;
}

/** Starts PyTorch once for each number of threads, and twice for CUDA where it has that; `say` hears of it. */
export async function startPeers(
  threads: readonly number[],
  say: (line: string) => void,
): Promise<readonly TorchPeer[]> {
  const peers: TorchPeer[] = [];
  for (const where of [...threads, "cuda", "cuda compiled"] as const) {
    if (typeof where === "string" && !peers[0]?.hasCuda) continue;
    const peer = await TorchPeer.start(where);
    if ("reason" in peer) {
      say(`PyTorch${typeof where === "string" ? `, ${where}` : ""}: skipped, ${peer.reason}`);
      break;
    }
    say(`${peer.label}: ${peer.facts}`);
    peers.push(peer);
  }
  return peers;
}

/** What would take minutes is measured on fewer images: one on the reference device, four on a GPU in software. */
export function batchFor({ device, isSoftware }: BenchDevice, batch: number): number {
  if (device.name === "reference") return 1;
  return isSoftware ? Math.min(4, batch) : batch;
}

/** What a row says where that is so. */
export function noteFor(bench: BenchDevice, batch: number): { note?: string } {
  return batchFor(bench, batch) < batch ? { note: "fewer images, it is slow" } : {};
}

/**
 * Measures one thing on the whole field in turns. A device's rival is PyTorch on as many threads; that of a GPU is
 * PyTorch on CUDA, or else our own CPU device with the most threads; that of the reference device is our CPU device.
 * PyTorch compiled for CUDA is set beside our GPU.
 *
 * @param own what a device has to do; null where it takes no part
 * @param peer what PyTorch has to do; null where it takes no part
 * @param script what other JavaScript libraries have to do; each is compared with our device of its kind
 */
export async function compete(
  suite: string,
  field: Field,
  own: (device: BenchDevice) => Subject | null,
  peer: (peer: TorchPeer) => Subject | null | Promise<Subject | null>,
  script?: (peer: JavaScriptPeer) => Subject | null,
): Promise<readonly Row[]> {
  const entries: { readonly key: Contender; readonly subject: Subject }[] = [];
  const add = (key: Contender, subject: Subject | null) => subject && entries.push({ key, subject });
  for (const device of field.devices) {
    add(device, own(device));
    for (const rival of field.peers.filter((other) => isRival(device, other))) add(rival, await peer(rival));
  }
  for (const key of script ? field.scripts : []) add(key, script?.(key) ?? null);
  const measurements = await measure(
    entries.map(({ subject }) => subject),
    field.options,
  );
  const byKey = new Map<Contender, Measurement>(entries.map(({ key }, i) => [key, measurements[i]!]));
  return entries.map(({ key }, i) => {
    const rival = rivalOf(key, field).find((other) => byKey.has(other));
    return toRow(suite, measurements[i]!, rival && byKey.get(rival), limitOf(key, field.peak));
  });
}

type Contender = BenchDevice | TorchPeer | JavaScriptPeer;

function isRival({ device, threads, isSoftware }: BenchDevice, peer: TorchPeer): boolean {
  if (device.name === "webgpu") return !isSoftware && peer.threads === null;
  return device.name === "cpu" && peer.threads === threads;
}

/** Who a contender is compared with: the first of these that takes part. */
function rivalOf(one: Contender, { devices, peers }: Field): readonly Contender[] {
  const onCpu = devices.filter(({ device }) => device.name === "cpu");
  const onGpu = devices.filter(({ device }) => device.name === "webgpu");
  if (one instanceof TorchPeer) return one.isCompiled ? onGpu : [];
  if (one instanceof JavaScriptPeer) return [...(one.isOnGpu ? onGpu : []), ...onCpu.slice(-1)];
  const { name } = one.device;
  switch (name) {
    case "cpu":
    case "webgpu": {
      const rivals = peers.filter((peer) => isRival(one, peer));
      return name === "cpu" ? rivals : [...rivals, ...onCpu.slice(-1)];
    }
    case "reference":
      return onCpu.slice(0, 1);
    default:
      return name satisfies never;
  }
}

/** GFLOP/s of the peak loop on as much of the machine as a contender has; null where that is unknown. */
export function limitOf(one: Contender, { gigaflopsPerSecond, gpuGigaflopsPerSecond }: Peak): number | null {
  if (one instanceof JavaScriptPeer) return one.isOnGpu ? gpuGigaflopsPerSecond : null;
  if (one.threads !== null) return gigaflopsPerSecond[one.threads] ?? null;
  return one instanceof TorchPeer || one.device.name === "webgpu" ? gpuGigaflopsPerSecond : null;
}
