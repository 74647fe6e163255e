/**
 * The devices that the tests run on.
 *
 * By default all of them: the reference in float32, the CPU device, and the WebGPU device twice, once with all the
 * adapter offers and once within WebGPU's default limits. A device that this machine lacks is skipped, and says why.
 *
 *   MIEN_DEVICES=cpu,webgpu   only devices whose labels begin with one of these
 *   MIEN_THREADS=4            threads of the CPU device
 *   MIEN_REQUIRE_WEBGPU=1     a missing adapter is a failure, not a skip
 */

import type { Device } from "@mien/tensor";

export interface TestDevice {
  /** As it stands in test titles. */
  readonly label: string;
  readonly device: Device;
}

export interface TestDevices {
  readonly present: readonly TestDevice[];
  readonly skipped: readonly { readonly label: string; readonly reason: string }[];
}

/** The environment's variables; a browser has no `process`, but Vitest hands them on here. */
const env = (import.meta as ImportMeta & { readonly env: Readonly<Record<string, string | undefined>> }).env;

type Open = () => Promise<Device>;

const openers: Readonly<Record<string, Open>> = {
  reference: async () => (await import("@mien/cpu")).openReference(),
  cpu: () => opened(import("@mien/cpu"), "openCpu", threads()),
  webgpu: () => opened(import("@mien/webgpu"), "openWebGPU", { software: "allow" }),
  "webgpu (default limits)": () =>
    opened(import("@mien/webgpu"), "openWebGPU", { software: "allow", defaultLimits: true }),
};

/** A device that is not written yet. */
class NotYet extends Error {}

async function opened(module: Promise<object>, name: string, options: object): Promise<Device> {
  const open = (Object(await module) as Record<string, unknown>)[name];
  if (typeof open !== "function") throw new NotYet(`there is no ${name} yet`);
  return open(options) as Promise<Device>;
}

function threads(): { threads?: number } {
  const count = env["MIEN_THREADS"];
  return count ? { threads: Number(count) } : {};
}

const requireWebGPU = env["MIEN_REQUIRE_WEBGPU"] === "1";

/** Opens the devices that are wanted and present. Whoever opens them disposes them. */
export async function openTestDevices(): Promise<TestDevices> {
  const wanted = env["MIEN_DEVICES"]?.split(",").map((label) => label.trim());
  const present: TestDevice[] = [];
  const skipped: { label: string; reason: string }[] = [];
  for (const [label, open] of Object.entries(openers)) {
    if (wanted && !wanted.some((start) => label.startsWith(start))) continue;
    try {
      present.push({ label, device: await open() });
    } catch (error) {
      if (!(error instanceof NotYet) && (requireWebGPU || !label.startsWith("webgpu"))) throw error;
      skipped.push({ label, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  return { present, skipped };
}
