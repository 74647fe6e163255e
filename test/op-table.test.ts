/**
 * The op table, asked: does every op compute the right value and the right gradient, on every device and in every
 * layout?
 *
 * The reference in float64 is the yardstick. Its gradients are checked against finite differences, that is against
 * the definition of a derivative; all others are checked against its.
 */

import { openReference } from "@mien/cpu";
import { jacobians, Tensor } from "@mien/tensor";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as ops from "../packages/tensor/src/ops/index.ts";
import type { Layout, Results, Row } from "./op-table/row.ts";
import { opTable } from "./op-table.ts";
import { openTestDevices } from "./support/devices.ts";
import { GuardedDevice } from "./support/guarded-device.ts";
import { expectClose, expectSameBits, expectSameElements, Worst } from "./support/outcomes.ts";
import {
  listOf,
  makeTensor,
  type Outcome,
  runSample,
  type Sample,
  withTensors,
} from "./support/run-sample.ts";

const reference = openReference();
const { present, skipped } = await openTestDevices();
const worst = new Worst();

afterAll(() => {
  reference.dispose();
  for (const { device } of present) device.dispose();
  console.info(`op table, largest errors:\n${worst}`);
});

/** Rows as vitest wants them for titles without quotes. */
const named = (rows: readonly Row[]) => rows.map((row) => [row.op, row] as const);

function samplesOf(row: Row, ...kinds: ("samples" | "large" | "special")[]): Sample[] {
  return kinds.flatMap((kind) =>
    Object.entries(row[kind]).map(([name, args]) => ({
      name: kind === "large" ? `${name} (large)` : name,
      args,
    })),
  );
}

const known = new Map<string, Promise<Outcome>>();

/** What the reference computes in float64: once for all devices. */
function yardstick(row: Row, sample: Sample, values: Layout = "plain"): Promise<Outcome> {
  const key = `${row.op}, ${sample.name}, ${values}`;
  const options = { device: reference, float: "float64", layout: "plain", values } as const;
  const outcome = known.get(key) ?? runSample(row, sample, options);
  known.set(key, outcome);
  return outcome;
}

describe("the table", () => {
  const rows = new Map(opTable.map((row) => [row.op, row]));
  const exported = Object.entries(ops).flatMap(([name, value]) =>
    typeof value === "function" ? [name] : [],
  );
  const methods = Object.getOwnPropertyNames(Tensor.prototype);
  const notOps = [
    ...["constructor", "storage", "buffer", "device", "offset", "ndim", "isContiguous", "toString"],
    ...["disposed", "dispose", "keeps", "keep", "alias", "moveTo", "data", "item"],
    ...["grad", "requiresGrad", "node", "isLeaf", "setNode", "backward", "detach", "zeroGrad"],
    ...["onesLike", "zerosLike"],
  ];

  test("has a row for every exported op", () => {
    expect(exported.filter((name) => !rows.has(name))).toEqual([]);
  });

  test("has a row for every method that is an op", () => {
    const called = new Set(opTable.map(({ method }) => method));
    expect(methods.filter((name) => !notOps.includes(name) && !called.has(name))).toEqual([]);
  });

  test.each(exported)("%s has at least five samples and two errors", (name) => {
    const { samples, errors } = rows.get(name)!;
    expect(Object.keys(samples).length).toBeGreaterThanOrEqual(5);
    // Nothing that exists is refused by `contiguous`.
    if (name !== "contiguous") expect(Object.keys(errors).length).toBeGreaterThanOrEqual(2);
  });
});

describe("gradients are derivatives (float64, central differences)", () => {
  const differentiable = opTable.filter((row) =>
    JSON.stringify(row.samples).includes('"differentiable":true'),
  );

  test.each(named(differentiable))("%s", async (_, row) => {
    for (const sample of samplesOf(row, "samples")) {
      const seed = `${row.op} ${sample.name}`;
      const inputs: Tensor[] = [];
      withTensors(sample.args, (recipe, i) => {
        const dtype = recipe.dtype === "float" ? "float64" : recipe.dtype;
        const input = makeTensor(
          recipe.values(`${seed} ${i}`),
          recipe.shape,
          { device: reference, dtype },
          "plain",
        );
        input.requiresGrad = recipe.differentiable;
        inputs.push(input);
        return input;
      });
      if (!inputs.some(({ requiresGrad }) => requiresGrad)) continue;
      const f = (given: readonly Tensor[]) =>
        listOf(row.run(...withTensors(sample.args, (_recipe, i) => given[i]!)));
      for (const { input, analytic, numeric } of await jacobians(f, inputs)) {
        const place = `${sample.name}, input ${input}`;
        const scale = numeric.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
        const error = numeric.reduce((sum, value, i) => Math.max(sum, Math.abs(value - analytic[i]!)), 0);
        expect(analytic.every(Number.isFinite), `${place}: finite`).toBe(true);
        expect(error / (scale || 1), `${place}: relative error`).toBeLessThan(1e-6);
        // PyTorch's gradcheck, with its own tolerances.
        const far = numeric.findIndex(
          (value, i) => Math.abs(value - analytic[i]!) > 1e-5 + 1e-3 * Math.abs(value),
        );
        expect(far, `${place}: element of the Jacobian`).toBe(-1);
        worst.note("gradient against differences", error / (scale || 1), `${row.op}, ${place}`);
      }
      for (const input of inputs) input.dispose();
    }
  });
});

for (const { label, reason } of skipped) describe.skip(`on ${label}`, () => test.skip(reason));

describe.each(present.map(({ label, device }) => [label, device] as const))("on %s", (label, device) => {
  beforeAll(() => device.warmup(), 300_000);

  const check = (row: Row, sample: Sample, actual: Outcome, expected: Outcome, mode = "") =>
    expectClose(actual, expected, `${sample.name}${mode}`, (what, error) =>
      worst.note(`${what} on ${label}${mode}`, error, `${row.op}, ${sample.name}`),
    );

  const computed = new Map<string, Promise<Outcome>>();
  /** What this device computes: once for the two modes that want it. */
  const outcomeOf = (row: Row, sample: Sample): Promise<Outcome> => {
    const key = `${row.op}, ${sample.name}`;
    const outcome = computed.get(key) ?? runSample(row, sample, { device, float: "float32" });
    computed.set(key, outcome);
    return outcome;
  };

  describe("values and gradients", () => {
    test.each(named(opTable))("%s", async (_, row) => {
      for (const sample of samplesOf(row, "samples", "large")) {
        check(row, sample, await outcomeOf(row, sample), await yardstick(row, sample));
      }
    });
  });

  describe("strided and broadcast inputs", () => {
    test.each(named(opTable))("%s", async (_, row) => {
      for (const layout of row.layouts.filter((one) => one !== "plain")) {
        for (const sample of samplesOf(row, "samples")) {
          const actual = await runSample(row, sample, { device, float: "float32", layout });
          check(row, sample, actual, await yardstick(row, sample, layout), `, ${layout}`);
        }
      }
    });
  });

  describe("special values", () => {
    test.each(named(opTable.filter(({ special }) => Object.keys(special).length > 0)))(
      "%s",
      async (_, row) => {
        for (const sample of samplesOf(row, "special")) {
          const [actual, expected] = await Promise.all(
            [device, reference].map((one) => runSample(row, sample, { device: one, float: "float32" })),
          );
          for (const [i, wanted] of expected!.outputs.entries()) {
            expectSameElements(actual!.outputs[i]!.data, wanted.data, `${sample.name}: output ${i}`);
          }
        }
      },
    );
  });

  describe("memory: guard words, and NaN in all that is new or freed", () => {
    test.each(named(opTable))("%s", async (_, row) => {
      const guarded = new GuardedDevice(device);
      for (const sample of samplesOf(row, "samples", "large")) {
        const actual = await runSample(row, sample, { device: guarded, float: "float32" });
        check(row, sample, actual, await yardstick(row, sample), ", guarded");
        expect(await guarded.damage(), sample.name).toEqual([]);
      }
    });
  });

  describe("twice gives the same bits, and so does the method", () => {
    test.each(named(opTable))("%s", async (_, row) => {
      for (const sample of samplesOf(row, "samples", "large")) {
        const second = await runSample(viaMethod(row), sample, { device, float: "float32" });
        expectSameBits(second, await outcomeOf(row, sample), sample.name);
      }
    });
  });
});

/** The same row, calling the method of the first argument where the op has one. */
function viaMethod(row: Row): Row {
  const { method } = row;
  if (method === null) return row;
  const run = (self: unknown, ...rest: readonly unknown[]): Results => {
    const called = Reflect.get(Tensor.prototype, method) as (...args: readonly unknown[]) => Results;
    return called.apply(self, rest as unknown[]);
  };
  return { ...row, run: method === "copy_" ? row.run : run };
}
