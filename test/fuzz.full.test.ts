/**
 * The random calls of fuzz.test.ts, twenty times as many, from another seed.
 */

import { afterAll, expect, test } from "vitest";
import { fuzz, openFuzzDevices } from "./fuzz/fuzz.ts";
import { targets } from "./fuzz/table.ts";

const { devices, close } = await openFuzzDevices();
afterAll(close);

test("40,000 random calls", async () => {
  await Promise.all(devices.map(({ device }) => device.warmup()));
  const { tally, failures } = await fuzz({ seed: 20_000, calls: 40_000, stopAfter: 20, devices });
  expect(failures.map(({ message }) => message)).toEqual([]);
  expect(tally.uncertain).toBeLessThanOrEqual(0.01 * tally.valid);
  for (const { op } of targets)
    expect(tally.faults.get(op)?.size, `${op}: faults met`).toBeGreaterThanOrEqual(8);
});
