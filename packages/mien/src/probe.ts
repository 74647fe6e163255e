/**
 * Which devices there are, and in one sentence why others are not: for programs that let a user choose, or say what is
 * wrong with a machine.
 */

import type { DeviceName } from "@mien/tensor";

/** What is known of a device without computing on it. */
export interface DeviceProbe {
  readonly name: DeviceName;
  readonly found: boolean;
  /** What this device is, or why it is not there. */
  readonly description: string;
  /** Whether this is a GPU that is imitated on the CPU: correct, but slow. "auto" does not take it. */
  readonly isSoftware: boolean;
}

/**
 * Looks at all devices, the ones that `openDevice` prefers first. Never throws.
 *
 * @param options.threads of the CPU device. Default: as many as the machine runs at once.
 */
export async function probeDevices(options: { readonly threads?: number } = {}): Promise<DeviceProbe[]> {
  const probes: Readonly<Record<DeviceName, () => Promise<Omit<DeviceProbe, "name">>>> = {
    webgpu: probeGpu,
    cpu: () => probeCpu(options.threads),
    reference: probeReference,
  };
  const found: DeviceProbe[] = [];
  for (const [name, probe] of Object.entries(probes) as [
    DeviceName,
    () => Promise<Omit<DeviceProbe, "name">>,
  ][]) {
    found.push({ name, ...(await probe().catch(missing)) });
  }
  return found;
}

function missing(cause: unknown): Omit<DeviceProbe, "name"> {
  const description = cause instanceof Error ? cause.message : String(cause);
  return { found: false, description, isSoftware: false };
}

async function probeGpu(): Promise<Omit<DeviceProbe, "name">> {
  const { probeWebGPU } = await import("@mien/webgpu");
  const adapter = await probeWebGPU();
  if ("reason" in adapter) return { found: false, description: adapter.reason, isSoftware: false };
  const { description, isFallback } = adapter;
  return {
    found: true,
    description: `webgpu (${description}, ${isFallback ? "in software" : "GPU"})`,
    isSoftware: isFallback,
  };
}

/** Opening it is the only way to know whether the engine and the machine have what it needs, and it is quick. */
async function probeCpu(threads: number | undefined): Promise<Omit<DeviceProbe, "name">> {
  const { openCpu } = await import("@mien/cpu");
  const device = await openCpu(threads === undefined ? {} : { threads });
  device.dispose();
  return { found: true, description: device.description, isSoftware: false };
}

async function probeReference(): Promise<Omit<DeviceProbe, "name">> {
  const { openReference } = await import("@mien/cpu");
  return { found: true, description: openReference().description, isSoftware: false };
}
