/**
 * Opening a device: adapter, limits, kernels.
 */

import { loadKernels } from "@mien/kernels";
import { DeviceError } from "@mien/tensor";
import { describeAdapter, findAdapter, isFallback } from "./adapter.ts";
import { WebGPUDevice } from "./device.ts";

export interface WebGPUOptions {
  /** Whether an adapter that computes in software will do; it is slower than the CPU device. Default: "allow". */
  readonly software?: "allow" | "refuse";
  /** Keep to the limits that every adapter has, for tests. Default: false, which takes all that the adapter gives. */
  readonly defaultLimits?: boolean;
}

/** Limits that decide how large a tensor can be, and what shape a workgroup. */
const wantedLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** Features that kernels or profiling make use of where the adapter has them. */
const wantedFeatures = [
  "timestamp-query",
  "subgroups",
  "shader-f16",
] as const satisfies readonly GPUFeatureName[];

/**
 * Opens the GPU: in Node by way of the package `webgpu`, in a browser by way of `navigator.gpu`.
 *
 * @throws DeviceError if there is no adapter, with the reason.
 */
export async function openWebGPU(options: WebGPUOptions = {}): Promise<WebGPUDevice> {
  const { software = "allow", defaultLimits = false } = options;
  const [adapter, { wgsl }] = await Promise.all([findAdapter(), loadKernels()]);
  if ("reason" in adapter) throw new DeviceError(`webgpu: ${adapter.reason}`);
  const description = describeAdapter(adapter);
  if (software === "refuse" && isFallback(adapter)) {
    throw new DeviceError(`webgpu: the only adapter is ${description}, which computes in software`);
  }
  const requiredLimits: Record<string, number> = {};
  if (!defaultLimits) for (const limit of wantedLimits) requiredLimits[limit] = adapter.limits[limit];
  const requiredFeatures = defaultLimits ? [] : wantedFeatures.filter((name) => adapter.features.has(name));
  const descriptor = { label: "mien", requiredLimits, requiredFeatures };
  const device = await adapter.requestDevice(descriptor).catch((error: unknown) => {
    throw new DeviceError(
      `webgpu: ${description} gives no device: ${error instanceof Error ? error.message : error}`,
    );
  });
  const kind = isFallback(adapter) ? "in software" : "GPU";
  return new WebGPUDevice({ device, description: `webgpu (${description}, ${kind})`, wgsl });
}
