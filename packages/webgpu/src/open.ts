/**
 * Opening a device: adapter, limits, kernels.
 */

import { loadKernels } from "@mien/kernels";
import { ArgumentError, DeviceError } from "@mien/tensor";
import { describeAdapter, findAdapter, isFallback } from "./adapter.ts";
import { WebGPUDevice } from "./device.ts";
import { withFeature } from "./shader.ts";

export interface WebGPUOptions {
  /** Whether an adapter that computes in software will do; it is slower than the CPU device. Default: "allow". */
  readonly software?: "allow" | "refuse";
  /** Keep to the limits that every adapter has, for tests. Default: false, which takes all that the adapter gives. */
  readonly defaultLimits?: boolean;
  /**
   * How exact matrix products and convolutions are, after PyTorch's `torch.set_float32_matmul_precision`. Default: "highest".
   *
   * - "highest": in float32.
   * - "medium": both operands are rounded to float16, their products are exact and added up in float32. So an element is
   *   off by at most 2^-9 (0.2 %) of the sum of its products' magnitudes, and a small part of that as a rule, while the
   *   operands lie between 6e-5 and 65504. Smaller ones keep fewer digits, and none below 3e-8 (none at all on GPUs
   *   that flush such half floats to 0): scale the loss where gradients are that small. Larger ones become infinite.
   *   Needs `shader-f16`.
   *
   * @see https://docs.pytorch.org/docs/stable/generated/torch.set_float32_matmul_precision.html
   */
  readonly float32MatmulPrecision?: Float32MatmulPrecision;
  /**
   * Whether reductions use subgroups, the invocations that a GPU runs in step, before workgroup memory. Sums are then
   * added in an order that depends on the GPU, and the last bits of results with it. Needs `subgroups`. Default: false.
   */
  readonly subgroups?: boolean;
}

export type Float32MatmulPrecision = "highest" | "medium";

/** Limits that decide how large a tensor can be, and what shape a workgroup. */
const wantedLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** What an option wants of the adapter: the feature as WebGPU calls it, and as WGSL does. */
interface Wanted {
  readonly option: string;
  readonly feature: GPUFeatureName;
  readonly wgsl: "subgroups" | "f16";
}

function wantedBy({ float32MatmulPrecision = "highest", subgroups = false }: WebGPUOptions): Wanted[] {
  if (float32MatmulPrecision !== "highest" && float32MatmulPrecision !== "medium") {
    throw new ArgumentError(
      `webgpu: float32MatmulPrecision: got ${JSON.stringify(float32MatmulPrecision)}, expected "highest" or "medium"`,
    );
  }
  const wanted: Wanted[] = [];
  if (subgroups) wanted.push({ option: "subgroups: true", feature: "subgroups", wgsl: "subgroups" });
  if (float32MatmulPrecision === "medium") {
    wanted.push({ option: 'float32MatmulPrecision: "medium"', feature: "shader-f16", wgsl: "f16" });
  }
  return wanted;
}

/**
 * Opens the GPU: in Node by way of the package `webgpu`, in a browser by way of `navigator.gpu`.
 *
 * @throws DeviceError if there is no adapter, with the reason, or if it lacks what an option needs
 */
export async function openWebGPU(options: WebGPUOptions = {}): Promise<WebGPUDevice> {
  const { software = "allow", defaultLimits = false } = options;
  const wanted = wantedBy(options);
  const [adapter, { wgsl }] = await Promise.all([findAdapter(), loadKernels()]);
  if ("reason" in adapter) throw new DeviceError(`webgpu: ${adapter.reason}`);
  const description = describeAdapter(adapter);
  if (software === "refuse" && isFallback(adapter)) {
    throw new DeviceError(`webgpu: the only adapter is ${description}, which computes in software`);
  }
  const missing = wanted.find(({ feature }) => !adapter.features.has(feature));
  if (missing) {
    const { option, feature } = missing;
    throw new DeviceError(
      `webgpu: { ${option} } needs ${feature}, which ${description} does not have; open the device without it`,
    );
  }
  const requiredLimits: Record<string, number> = {};
  if (!defaultLimits) for (const limit of wantedLimits) requiredLimits[limit] = adapter.limits[limit];
  const requiredFeatures = wanted.map(({ feature }) => feature);
  // For profiling.
  if (!defaultLimits && adapter.features.has("timestamp-query")) requiredFeatures.push("timestamp-query");
  const descriptor = { label: "mien", requiredLimits, requiredFeatures };
  const device = await adapter.requestDevice(descriptor).catch((error: unknown) => {
    throw new DeviceError(
      `webgpu: ${description} gives no device: ${error instanceof Error ? error.message : error}`,
    );
  });
  const kind = isFallback(adapter) ? "in software" : "GPU";
  const texts = wanted.reduce((files, feature) => withFeature(files, feature.wgsl), wgsl);
  return new WebGPUDevice({ device, description: `webgpu (${description}, ${kind})`, wgsl: texts });
}
