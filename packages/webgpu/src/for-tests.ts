/**
 * What this package's tests share: an adapter or a reason, and shorthands for buffers.
 *
 * Without an adapter the tests are skipped and say why; with MIEN_REQUIRE_WEBGPU=1 they fail instead.
 */

import type { DType, Operand } from "@mien/tensor";
import { describe, test } from "vitest";
import { probeWebGPU } from "./adapter.ts";
import type { WebGPUDevice } from "./device.ts";

/** Describes tests that need an adapter, and perhaps a feature that not every adapter has. */
export async function describeWithAdapter(
  title: string,
  body: () => void,
  feature?: GPUFeatureName,
): Promise<void> {
  const probe = await probeWebGPU();
  if (!("reason" in probe)) {
    const lacks = feature !== undefined && !probe.adapter.features.has(feature);
    if (lacks) describe.skip(`${title}: ${probe.description} has no ${feature}`, body);
    else describe(title, body);
  } else if (process.env["MIEN_REQUIRE_WEBGPU"] === "1") {
    test(title, () => {
      throw new Error(probe.reason);
    });
  } else {
    describe.skip(`${title}: ${probe.reason}`, body);
  }
}

export function operand(device: WebGPUDevice, count: number, dtype: DType = "float32"): Operand {
  return { buffer: device.alloc(4 * count), offset: 0, dtype };
}

export function upload(device: WebGPUDevice, values: readonly number[]): Operand {
  const x = operand(device, values.length);
  device.write(x.buffer, 0, new Float32Array(values));
  return x;
}

export async function download(device: WebGPUDevice, x: Operand, first = 0, count = 1): Promise<number[]> {
  return [...new Float32Array(await device.read(x.buffer, 4 * first, 4 * count))];
}

/** out = x + 1. */
export function addOne(device: WebGPUDevice, x: Operand, out: Operand, count: number): void {
  device.launch("unary", [x, out], { op: "affine", shape: [count], xStrides: [1], alpha: 1, beta: 1 });
}
