/**
 * The devices that the tests run on.
 *
 * By default the reference in float32, the CPU device, and WebGPU with all that the adapter offers. The CPU without
 * relaxed SIMD, WebGPU within its default limits and with each of its options run where they are asked for, as in
 * `default-limits.full.test.ts`. Without an adapter, or a feature of it, WebGPU is skipped, and says why.
 *
 *   MIEN_DEVICES=cpu,webgpu   only these; beside the three there are "cpu (plain SIMD)", "webgpu (default limits)",
 *                             "webgpu (subgroups)" and "webgpu (float16 products)"
 *   MIEN_THREADS=4            threads of the CPU device
 *   MIEN_REQUIRE_WEBGPU=1     a missing adapter is a failure, not a skip
 */

import type { CpuOptions } from "@mien/cpu";
import type { Device } from "@mien/tensor";
import type { WebGPUOptions } from "@mien/webgpu";

export interface TestDevice {
  /** As it stands in test titles. */
  readonly label: string;
  readonly device: Device;
}

export interface TestDevices {
  readonly present: readonly TestDevice[];
  readonly skipped: readonly { readonly label: string; readonly reason: string }[];
}

/** Why a device cannot be here. */
class Missing extends Error {}

type Variables = Readonly<Record<string, string | undefined>>;

/** The environment's variables; a browser has no `process`, but Vitest hands them on with the module. */
const env: Variables =
  typeof process === "undefined"
    ? (import.meta as ImportMeta & { readonly env: Variables }).env
    : process.env;

const openers: Readonly<Record<string, () => Promise<Device>>> = {
  reference: async () => (await import("@mien/cpu")).openReference(),
  cpu: () => openCpu({}),
  "cpu (plain SIMD)": () => openCpu({ relaxedSimd: false }),
  webgpu: () => openWebGPU({}),
  "webgpu (default limits)": () => openWebGPU({ defaultLimits: true }),
  "webgpu (subgroups)": () => openWebGPU({ subgroups: true }, "subgroups"),
  "webgpu (float16 products)": () => openWebGPU({ float32MatmulPrecision: "medium" }, "shader-f16"),
};

/** All labels there are, whatever is present. */
export const deviceLabels: readonly string[] = Object.keys(openers);

async function openCpu(options: CpuOptions): Promise<Device> {
  const cpu = await import("@mien/cpu");
  const threads = env["MIEN_THREADS"];
  return cpu.openCpu({ ...options, ...(threads && { threads: Number(threads) }) });
}

async function openWebGPU(options: WebGPUOptions, feature?: GPUFeatureName): Promise<Device> {
  const webgpu = await import("@mien/webgpu");
  const probe = await webgpu.probeWebGPU();
  if ("reason" in probe && env["MIEN_REQUIRE_WEBGPU"] !== "1") throw new Missing(probe.reason);
  if (feature && "adapter" in probe && !probe.adapter.features.has(feature)) {
    throw new Missing(`${probe.description} has no ${feature}`);
  }
  return webgpu.openWebGPU(options);
}

/** Opens the devices that are wanted and present. Whoever opens them disposes them. */
export async function openTestDevices(): Promise<TestDevices> {
  const wanted = (env["MIEN_DEVICES"] ?? "reference,cpu,webgpu").split(",").map((label) => label.trim());
  const present: TestDevice[] = [];
  const skipped: { label: string; reason: string }[] = [];
  for (const [label, open] of Object.entries(openers)) {
    if (!wanted.includes(label)) continue;
    try {
      present.push({ label, device: await open() });
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      console.warn(`${label}: left out, ${error.message}`);
      skipped.push({ label, reason: error.message });
    }
  }
  return { present, skipped };
}
