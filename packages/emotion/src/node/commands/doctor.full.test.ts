/**
 * `mien doctor` on this very machine, with every device that it has: the whole way through the program.
 */

import { expect, test, vi } from "vitest";
import type { Examination } from "../examination.ts";
import { doctorCommand } from "./doctor.ts";

test("this machine is well", async () => {
  const printed: string[] = [];
  vi.spyOn(console, "log").mockImplementation((text: string) => void printed.push(text));
  await doctorCommand().exitOverride().parseAsync(["--json", "--threads", "1"], { from: "user" });
  vi.restoreAllMocks();
  const { devices, faults } = JSON.parse(printed.join("\n")) as Examination;
  expect(faults).toEqual([]);
  expect(devices.map(({ name }) => name)).toEqual(["cpu", "webgpu", "reference"]);
  for (const { name, found, training } of devices) {
    if (!found) continue;
    const { losses, offCpu, seconds } = training!;
    console.log(`${name}: off the cpu's losses by ${offCpu}, ${seconds.toFixed(1)} s`);
    expect(losses).toHaveLength(10);
    if (name !== "cpu") expect(offCpu).toBeLessThan(1e-3);
  }
});
