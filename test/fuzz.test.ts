/**
 * Random calls of every op: the valid ones agree with the reference on every device, the invalid ones are refused.
 *
 *   MIEN_FUZZ_SEED=7       another seed than the fixed one
 *   MIEN_FUZZ_CALLS=40000  more of them
 *   MIEN_FUZZ_OP=conv2d    one op alone
 *
 * `npm run fuzz` does the same without a test around it.
 */

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as ops from "../packages/tensor/src/ops/index.ts";
import { Draw } from "./fuzz/draw.ts";
import { faultsOf } from "./fuzz/faults.ts";
import { fuzz, openFuzzDevices } from "./fuzz/fuzz.ts";
import { targets } from "./fuzz/table.ts";

const { devices, close } = await openFuzzDevices();
afterAll(close);

const { env } = process;

describe("the generators", () => {
  const known = new Set(targets.map(({ op }) => op));

  test("there is one for every exported op", () => {
    const exported = Object.entries(ops).flatMap(([name, value]) =>
      typeof value === "function" ? [name] : [],
    );
    expect(exported.filter((name) => !known.has(name))).toEqual([]);
  });

  test.each(targets.map((target) => [target.op, target] as const))("%s: at least 8 faults", (_, target) => {
    const calls = Array.from({ length: 10 }, (_, seed) => target.generate(new Draw(seed)));
    const kinds = new Set(calls.flatMap((args) => faultsOf(args).map(({ kind }) => kind)));
    expect(kinds.size).toBeGreaterThanOrEqual(8);
  });

  test("a seed gives the same calls again", () => {
    for (const { generate } of targets)
      expect(JSON.stringify(generate(new Draw(3)))).toBe(JSON.stringify(generate(new Draw(3))));
  });
});

describe("random calls", () => {
  beforeAll(() => Promise.all(devices.map(({ device }) => device.warmup())));

  test("valid ones agree with the reference, invalid ones are refused", async () => {
    const calls = Number(env["MIEN_FUZZ_CALLS"] ?? 2000);
    const seed = Number(env["MIEN_FUZZ_SEED"] ?? 1);
    const { tally, failures } = await fuzz({ seed, calls, op: env["MIEN_FUZZ_OP"], devices });
    expect(failures.map(({ message }) => message)).toEqual([]);
    expect(tally.valid + tally.invalid).toBe(calls);
    expect(tally.uncertain).toBeLessThanOrEqual(0.01 * tally.valid);
  });
});
