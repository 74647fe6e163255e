/**
 * Opening a device by name, and choosing one when the name is "auto".
 *
 * Devices are imported only when they are asked for: a program that predicts one image on the CPU never loads WebGPU.
 */

import {
  ArgumentError,
  type Device,
  DeviceError,
  type DeviceName,
  peekDefaultDevice,
  setDefaultDevice,
  setGarbageCollector,
} from "@mien/tensor";
import type { WebGPUOptions } from "@mien/webgpu";

export type DeviceChoice = DeviceName | "auto";

/** The names that `openDevice` takes. */
export const DEVICE_CHOICES: readonly DeviceChoice[] = ["auto", "webgpu", "cpu", "reference"];

/** The options that only WebGPU has. */
type FastMath = Pick<WebGPUOptions, "float32MatmulPrecision" | "subgroups">;

export interface OpenDeviceOptions extends FastMath {
  /** Threads of the CPU device. Default: as many as the machine runs at once. */
  readonly threads?: number;
  /** Whether the CPU device may use relaxed SIMD; see `CpuOptions`. Default: true. */
  readonly relaxedSimd?: boolean;
  /** Hears which device was taken and why, in one line. Default for "auto" and software adapters: console.info. */
  readonly log?: (line: string) => void;
}

const optionNames: readonly string[] = [
  "threads",
  "relaxedSimd",
  "log",
  "float32MatmulPrecision",
  "subgroups",
] satisfies (keyof OpenDeviceOptions)[];

/**
 * Opens a device. The first one that a program opens becomes its default device.
 *
 * - "auto": WebGPU where there is a hardware adapter, else the CPU.
 * - "webgpu": any adapter, also one in software, which it says.
 * - "cpu": WebAssembly SIMD with threads.
 * - "reference": plain TypeScript, slow and obvious, the only device with float64.
 *
 * `float32MatmulPrecision` and `subgroups` are permissions to trade bits for speed on WebGPU; "auto" has no use for them
 * where it takes the CPU.
 *
 * @throws DeviceError if there is no such device here, or if it cannot do what the options ask for
 */
export async function openDevice(
  choice: DeviceChoice = "auto",
  options: OpenDeviceOptions = {},
): Promise<Device> {
  const unknown = Object.keys(options).find((name) => !optionNames.includes(name));
  if (unknown) {
    throw new ArgumentError(`openDevice: got the option ${unknown}, expected ${optionNames.join(", ")}`);
  }
  const device = await open(choice, options);
  if (!peekDefaultDevice()) setDefaultDevice(device);
  await offerGarbageCollection();
  return device;
}

async function open(
  choice: DeviceChoice,
  { threads, relaxedSimd, log = console.info, ...fastMath }: OpenDeviceOptions,
): Promise<Device> {
  switch (choice) {
    case "auto": {
      const { openWebGPU, probeWebGPU } = await import("@mien/webgpu");
      const found = await probeWebGPU();
      if ("isFallback" in found && !found.isFallback) {
        log(`device: webgpu, ${found.description}`);
        return openWebGPU({ ...fastMath, software: "refuse" });
      }
      const reason =
        "isFallback" in found ? `the only adapter is software (${found.description})` : found.reason;
      const device = await openCpuDevice(threads, relaxedSimd);
      log(`device: ${device.description}, because there is no WebGPU: ${reason}`);
      return device;
    }
    case "webgpu": {
      const { openWebGPU, probeWebGPU } = await import("@mien/webgpu");
      const found = await probeWebGPU();
      if ("isFallback" in found && found.isFallback) {
        log(`device: webgpu, ${found.description}; this adapter computes in software: correct, but slow`);
      }
      return openWebGPU({ ...fastMath, software: "allow" });
    }
    case "cpu":
      refuseFastMath(choice, fastMath);
      return openCpuDevice(threads, relaxedSimd);
    case "reference": {
      refuseFastMath(choice, fastMath);
      const { openReference } = await import("@mien/cpu");
      return openReference();
    }
    default:
      choice satisfies never;
      throw new DeviceError(`openDevice: got "${choice}", expected one of ${DEVICE_CHOICES.join(", ")}`);
  }
}

function refuseFastMath(choice: DeviceChoice, { float32MatmulPrecision, subgroups }: FastMath): void {
  const option = subgroups ? "subgroups" : "float32MatmulPrecision";
  if (!subgroups && (float32MatmulPrecision ?? "highest") === "highest") return;
  throw new DeviceError(
    `openDevice: got the option ${option} for the device ${choice}, expected it for webgpu alone; leave it out`,
  );
}

async function openCpuDevice(threads?: number, relaxedSimd?: boolean): Promise<Device> {
  const { openCpu } = await import("@mien/cpu");
  return openCpu({
    ...(threads !== undefined && { threads }),
    ...(relaxedSimd !== undefined && { relaxedSimd }),
  });
}

/**
 * JavaScript engines do not see device memory, so a program without scopes needs a push to collect its forgotten
 * tensors. Node can be asked for the means; in browsers the engine's own schedule has to do.
 */
async function offerGarbageCollection(): Promise<void> {
  if (typeof process === "undefined" || !process.versions?.node) return;
  const { exposeGarbageCollection } = await import("./node-garbage.ts");
  setGarbageCollector(exposeGarbageCollection);
}
