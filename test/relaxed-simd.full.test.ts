/**
 * The CPU device with relaxed SIMD, whose fused multiply-add rounds otherwise: Node 22 chooses it by itself, Node 20
 * has to be asked.
 */

import { setFlagsFromString } from "node:v8";
import { openCpu } from "@mien/cpu";
import { hasRelaxedSimd } from "@mien/kernels";
import { expect, test } from "vitest";
import { kernelCases } from "./kernel-cases.ts";
import { openTestDevices } from "./support/devices.ts";
import { testKernels } from "./support/kernel-table.ts";

if (hasRelaxedSimd()) {
  test.skip("this Node has relaxed SIMD without being asked: the other tests run it", () => {});
} else {
  setFlagsFromString("--experimental-wasm-relaxed-simd");
  process.env["MIEN_DEVICES"] = "cpu";

  test("the device has it", async () => {
    const device = await openCpu();
    expect(device.description).toContain("WebAssembly relaxed SIMD");
    device.dispose();
  });

  const small = kernelCases.filter(({ large }) => !large);
  testKernels(small, await openTestDevices());
  await import("./fuzz.test.ts");
  await import("./ten-steps.test.ts");
}
