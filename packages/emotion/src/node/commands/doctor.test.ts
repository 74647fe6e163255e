/**
 * `mien doctor`: what it finds on this machine, and what it says of machines that are not well.
 */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hasRelaxedSimd } from "@mien/kernels";
import { MienError, openDevice, probeDevices } from "mien";
import { afterAll, describe, expect, test, vi } from "vitest";
import { type Examination, examine } from "../examination.ts";
import { judgeLosses, trainTenSteps } from "../training-check.ts";
import { doctorCommand, formatExamination } from "./doctor.ts";

const folder = mkdtempSync(join(tmpdir(), "mien-doctor-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("ten steps", () => {
  test("the cpu learns, the same each time, and leaves nothing behind", async () => {
    const device = await openDevice("cpu", { threads: 1 });
    const size = { batch: 4, pixels: 16 };
    const losses = await trainTenSteps(device, size);
    expect(losses).toHaveLength(10);
    expect(judgeLosses(losses, null)).toBeNull();
    expect(await trainTenSteps(device, size)).toEqual(losses);
    expect(device.stats().liveBuffers).toBe(0);
    device.dispose();
  });

  test.each([
    ["falling", [2, 1], [2, 1.0005], null],
    ["rising", [1, 2], null, /^it does not learn, got the losses 1\.0000, 2\.0000$/],
    ["level", [1, 1], null, /does not learn/],
    ["not a number", [1, Number.NaN], [1, 0.5], /^its losses are not all numbers, got 1\.0000, NaN$/],
    [
      "of another machine",
      [2, 1],
      [2, 1.1],
      /^its losses differ from the cpu's by 1\.0e-1, expected at most 0\.001$/,
    ],
  ])("losses that are %s", (_, losses, expected, message) => {
    if (message) expect(judgeLosses(losses, expected)).toMatch(message);
    else expect(judgeLosses(losses, expected)).toBeNull();
  });
});

test("every device is found, or there is a reason why not", async () => {
  const probes = await probeDevices({ threads: 1 });
  expect(probes.map(({ name }) => name)).toEqual(["webgpu", "cpu", "reference"]);
  for (const { description } of probes) expect(description).not.toBe("");
  const [, cpu, reference] = probes;
  expect(cpu).toMatchObject({
    found: true,
    isSoftware: false,
    description: expect.stringMatching(/1 thread\)$/),
  });
  expect(reference).toMatchObject({ found: true, isSoftware: false });
});

describe("an examination", () => {
  const cache = join(folder, "cache");

  test("of the cpu", async () => {
    const found = await examine({ device: "cpu", threads: 1, cache });
    expect(found.versions).toMatchObject({
      node: process.versions.node,
      mien: expect.stringMatching(/^\d+\.\d+\.\d+/),
    });
    expect(found.machine.cores).toBeGreaterThan(0);
    expect(found.kernels.note).not.toBe("");
    expect(found.relaxedSimd).toBe(hasRelaxedSimd());
    expect(found.cache).toEqual({ path: cache, note: "can be written" });
    expect(readdirSync(cache)).toEqual([]);
    expect(found.automatic).not.toBeNull();
    const [cpu, ...others] = found.devices;
    expect(others).toEqual([]);
    expect(cpu).toMatchObject({ name: "cpu", found: true, fault: null, training: { batch: 32, pixels: 48 } });
    expect(cpu!.training!.losses).toHaveLength(10);
    expect(JSON.parse(JSON.stringify(found))).toEqual(found);
  });

  test("a cache that cannot be written is no fault", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const { cache, faults } = await examine({ device: "cpu", threads: 1, cache: join(file, "cache") });
    expect(cache.note).toMatch(/^cannot be used, so folders of faces are decoded anew each time: ENOTDIR/);
    expect(faults.filter((fault) => !fault.startsWith("kernels"))).toEqual([]);
  });
});

const training = { batch: 4, pixels: 16, losses: [2, 0.5], offCpu: 1.25e-6, seconds: 1.26 };
/** Of a machine on which one device is faulty, and one is not there. */
const examination: Examination = {
  versions: { mien: "1.2.3", node: "20.19.0", webgpu: null, platform: "linux 6.1 x64" },
  machine: { cpu: "A Processor", cores: 2, memoryGiB: 8 },
  kernels: { fault: null, note: "built, of the present sources" },
  relaxedSimd: false,
  cache: { path: "/cache", note: "can be written" },
  devices: [
    {
      name: "cpu",
      found: true,
      isSoftware: false,
      description: "cpu (2 threads)",
      fault: null,
      training: { ...training, offCpu: null },
    },
    {
      name: "webgpu",
      found: false,
      isSoftware: false,
      description: "no driver",
      fault: null,
      training: null,
    },
    {
      name: "reference",
      found: true,
      isSoftware: false,
      description: "reference",
      fault: "it does not learn",
      training,
    },
  ],
  automatic: "cpu",
  faults: ["reference: it does not learn"],
};

test("the text for a terminal", () => {
  expect(formatExamination(examination)).toBe(
    [
      "versions       mien 1.2.3, Node 20.19.0, webgpu (Dawn) not installed",
      "machine        A Processor, 2 cores, 8 GiB, linux 6.1 x64",
      "kernels        built, of the present sources",
      "relaxed SIMD   no: this engine has no fused multiply-add; Node 20 and later have it",
      "cache          /cache, can be written",
      "--device auto  takes cpu",
      "",
      "device                  faces            loss  off the cpu's  seconds  what it is, or why it is not there",
      "---------  ------  ----------  --------------  -------------  -------  ----------------------------------",
      "cpu        works   4 of 16x16  2.000 to 0.500                     1.3  cpu (2 threads)",
      "webgpu     absent                                                      no driver",
      "reference  FAULTY  4 of 16x16  2.000 to 0.500         1.3e-6      1.3  reference: it does not learn",
    ].join("\n"),
  );
});

test("a fault is an error, after the report", async () => {
  const printed: string[] = [];
  vi.spyOn(console, "log").mockImplementation((text: string) => void printed.push(text));
  vi.doMock("../examination.ts", () => ({ examine: async () => examination }));
  const run = doctorCommand().exitOverride().parseAsync(["--json"], { from: "user" });
  await expect(run).rejects.toThrow(/^doctor: reference: it does not learn$/);
  await expect(run).rejects.toBeInstanceOf(MienError);
  expect(printed.map((text) => JSON.parse(text))).toEqual([examination]);
  vi.doUnmock("../examination.ts");
  vi.restoreAllMocks();
});
