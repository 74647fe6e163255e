/**
 * ONNX's operator cases, on every device: none is wrong, and what is left out is left out by name.
 */

import { afterAll, describe, expect, test } from "vitest";
import { type ConformanceCase, loadCases, missing } from "./conformance/cases.ts";
import { exclusion } from "./conformance/excluded.ts";
import { runCase } from "./conformance/run.ts";
import { openTestDevices } from "./support/devices.ts";

const { present, skipped } = missing ? { present: [], skipped: [] } : await openTestDevices();
const byOperator = new Map<string, ConformanceCase[]>();
for (const one of loadCases()) byOperator.set(one.op, [...(byOperator.get(one.op) ?? []), one]);

afterAll(() => {
  for (const { device } of present) device.dispose();
});

if (missing) test.skip(`ONNX conformance: ${missing}`);
for (const { label, reason } of skipped) describe.skip(`on ${label}`, () => test.skip(reason));

describe.each(present.map(({ label, device }) => [label, device] as const))("on %s", (_label, device) => {
  test.each([...byOperator])("%s", async (_op, cases) => {
    const wrong: string[] = [];
    for (const one of cases) {
      const outcome = await runCase(one, device);
      if (outcome.wrong) wrong.push(`${outcome.name}: ${outcome.wrong}`);
    }
    expect(wrong).toEqual([]);
  });

  test("few cases are left out", () => {
    const left = [...byOperator.values()].flat().filter((one) => exclusion(one, device));
    expect(left.length).toBeLessThan(70);
  });
});
