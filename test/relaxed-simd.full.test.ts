/**
 * The CPU device with relaxed SIMD, whose fused multiply-add rounds otherwise: Node 22 chooses it by itself, Node 20
 * has to be asked.
 */

import { setFlagsFromString } from "node:v8";
import { openCpu } from "@mien/cpu";
import { hasRelaxedSimd } from "@mien/kernels";
import { expect, test } from "vitest";

if (hasRelaxedSimd()) {
  test.skip("this Node has relaxed SIMD without being asked: the other tests run it", () => {});
} else {
  setFlagsFromString("--experimental-wasm-relaxed-simd");

  test("the device has it", async () => {
    const device = await openCpu();
    expect(device.description).toContain("WebAssembly relaxed SIMD");
    device.dispose();
  });

  process.env["MIEN_DEVICES"] = "cpu";
  for (const table of ["kernels", "ten-steps", "fuzz", "normalized-network", "residual-nets"]) {
    await import(`./${table}.test.ts`);
  }
}
