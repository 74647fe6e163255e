/**
 * The field: who takes part. Our devices, and other libraries in long-lived processes, each paired with its rival.
 */

import { type Device, openDevice, probeDevices } from "mien";
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
  readonly threads: readonly number[];
  readonly options: MeasureOptions;
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

/** Starts PyTorch once for each number of threads, and once for CUDA where it has that; `say` hears of it. */
export async function startPeers(
  threads: readonly number[],
  say: (line: string) => void,
): Promise<readonly TorchPeer[]> {
  const peers: TorchPeer[] = [];
  for (const where of [...threads, "cuda"] as const) {
    if (where === "cuda" && !peers[0]?.hasCuda) continue;
    const peer = await TorchPeer.start(where);
    if ("reason" in peer) {
      say(`PyTorch: skipped, ${peer.reason}`);
      break;
    }
    say(`${peer.label}: ${peer.parallelInfo}`);
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
 *
 * @param own what a device has to do; null where it takes no part
 * @param peer what PyTorch has to do
 * @param script what other JavaScript libraries have to do; each is compared with our device of its kind
 */
export async function compete(
  suite: string,
  field: Field,
  own: (device: BenchDevice) => Subject | null,
  peer: ((peer: TorchPeer) => Subject) | null,
  peak?: Peak,
  script?: (peer: JavaScriptPeer) => Subject | null,
): Promise<readonly Row[]> {
  const peers = peer ? field.peers : [];
  const entries: { readonly key: Contender; readonly subject: Subject }[] = [];
  for (const device of field.devices) {
    const subject = own(device);
    if (subject) entries.push({ key: device, subject });
    const rival = peers.find((other) => isRival(device, other));
    if (peer && rival) entries.push({ key: rival, subject: peer(rival) });
  }
  for (const key of script ? field.scripts : []) {
    const subject = script?.(key);
    if (subject) entries.push({ key, subject });
  }
  const measurements = await measure(
    entries.map(({ subject }) => subject),
    field.options,
  );
  const byKey = new Map<Contender, Measurement>(entries.map(({ key }, i) => [key, measurements[i]!]));
  return entries.map(({ key }, i) => {
    const rival: Measurement | undefined =
      key instanceof TorchPeer ? undefined : byKey.get(rivalOf(key, field.devices, peers) ?? key);
    return toRow(suite, measurements[i]!, rival === measurements[i] ? undefined : rival, peak);
  });
}

type Contender = BenchDevice | TorchPeer | JavaScriptPeer;

function isRival({ device, threads, isSoftware }: BenchDevice, peer: TorchPeer): boolean {
  if (device.name === "webgpu") return !isSoftware && peer.threads === null;
  return device.name === "cpu" && peer.threads === threads;
}

function rivalOf(
  own: BenchDevice | JavaScriptPeer,
  devices: readonly BenchDevice[],
  peers: readonly TorchPeer[],
): BenchDevice | TorchPeer | undefined {
  const onCpu = devices.filter(({ device }) => device.name === "cpu");
  if (own instanceof JavaScriptPeer) {
    return (own.isOnGpu && devices.find(({ device }) => device.name === "webgpu")) || onCpu.at(-1);
  }
  const { name } = own.device;
  switch (name) {
    case "cpu":
      return peers.find((peer) => isRival(own, peer));
    case "webgpu":
      return peers.find((peer) => isRival(own, peer)) ?? onCpu.at(-1);
    case "reference":
      return onCpu[0];
    default:
      return name satisfies never;
  }
}
