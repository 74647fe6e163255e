/**
 * A GPU fails late; whoever uses it should hear of it soon, once, and with the kernel's name.
 */

import { loadKernels } from "@mien/kernels";
import { DeviceError } from "@mien/tensor";
import { expect, test } from "vitest";
import { findAdapter } from "./adapter.ts";
import type { WebGPUBuffer } from "./buffers.ts";
import { WebGPUDevice } from "./device.ts";
import { addOne, describeWithAdapter, download, operand, upload } from "./for-tests.ts";
import { openWebGPU } from "./open.ts";

/** Destroys the GPU's side of a buffer behind the device's back. */
function sabotage(buffer: object): void {
  (buffer as WebGPUBuffer).memory?.gpu.destroy();
}

/** A device some of whose shaders are other than they should be. */
async function openWith(change: (wgsl: Record<string, string>) => void): Promise<WebGPUDevice> {
  const adapter = await findAdapter();
  if ("reason" in adapter) throw new Error(adapter.reason);
  const wgsl = { ...(await loadKernels()).wgsl };
  change(wgsl);
  const device = await adapter.requestDevice();
  return new WebGPUDevice({ device, description: "test", wgsl });
}

await describeWithAdapter("failures of the webgpu device", () => {
  test("what fails in a batch is thrown by the next call, once, and names the kernel", async () => {
    const device = await openWebGPU();
    const x = upload(device, [1, 2]);
    const y = operand(device, 2);
    sabotage(x.buffer);
    addOne(device, x, y, 2);
    device.flush();
    await expect(device.sync()).rejects.toThrow(/^unary: .*destroyed/s);
    await device.sync();
    const z = upload(device, [5]);
    expect(await download(device, z)).toEqual([5]);
    device.dispose();
  });

  test("a read does not hand out what a failed kernel left", async () => {
    const device = await openWebGPU();
    const x = upload(device, [1, 2]);
    const y = operand(device, 2);
    sabotage(x.buffer);
    addOne(device, x, y, 2);
    await expect(download(device, y)).rejects.toThrow(DeviceError);
    device.dispose();
  });

  test("a lost device rejects every read, and says so from then on", async () => {
    const device = await openWebGPU();
    const x = upload(device, [1, 2]);
    const reads = [download(device, x), download(device, x), device.sync()];
    device.gpuDevice.destroy();
    for (const result of await Promise.allSettled(reads)) {
      expect(result).toMatchObject({ status: "rejected", reason: { name: "DeviceError" } });
      expect(String((result as PromiseRejectedResult).reason)).toContain("GPU device lost (destroyed)");
    }
    expect(() => addOne(device, x, x, 1)).toThrow("GPU device lost (destroyed)");
    expect(() => device.alloc(4)).toThrow("GPU device lost (destroyed)");
    device.free(x.buffer);
    device.dispose();
  });

  test("a shader that does not compile is shown with kernel, line and source", async () => {
    const device = await openWith((wgsl) => {
      wgsl["fill"] = wgsl["fill"]!.replace("let mask = ", "let mask = nonsense + ");
    });
    const complaint = /^fill.*nonsense.*line \d+: let mask = nonsense/s;
    await expect(device.warmup(["fill"])).rejects.toThrow(complaint);
    device.launch("fill", [operand(device, 1)], { count: 1, value: 0 });
    await expect(device.sync()).rejects.toThrow(complaint);
    device.dispose();
  });
});
