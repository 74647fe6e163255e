/**
 * The CPU device on an engine without relaxed SIMD: every kernel, random calls and ten steps once more, multiplied and
 * added apart.
 */

import { openCpu } from "@mien/cpu";
import { hasRelaxedSimd } from "@mien/kernels";
import { expect, test } from "vitest";

process.env["MIEN_DEVICES"] = "cpu (plain SIMD)";

test("it does not use relaxed SIMD, by default the device does", async () => {
  const plain = await openCpu({ relaxedSimd: false });
  expect(plain.description).toContain("WebAssembly SIMD");
  plain.dispose();
  const relaxed = await openCpu();
  expect(relaxed.description).toContain("WebAssembly relaxed SIMD");
  expect(hasRelaxedSimd()).toBe(true);
  relaxed.dispose();
});

await import("./kernels.test.ts");
await import("./op-table.test.ts");
await import("./fuzz.test.ts");
await import("./ten-steps.test.ts");
