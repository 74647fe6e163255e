/**
 * A GPU that is lost at random moments of a training, and in the middle of `mien train`.
 *
 *   MIEN_LOSSES=10   losses, in place of 50 of the training's GPU and 4 of the program's
 */

import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeModel, type EpochRecord } from "@mien/emotion";
import { Generator, openDevice } from "mien";
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeWithAdapter } from "../packages/webgpu/src/for-tests.ts";
import { writeFacesFolder } from "./support/faces-folder.ts";
import { expectHonestEnds } from "./support/lost-training.ts";
import { type Outcome, runEntry } from "./support/program.ts";

await describeWithAdapter("a training whose GPU is lost", () => {
  test("at random moments", () => expectHonestEnds(Number(process.env["MIEN_LOSSES"] ?? 50), 2));
});

await describeWithAdapter("mien train, whose GPU is lost", () => {
  let work: string;
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), "mien-lost-gpu-"));
    await writeFacesFolder(join(work, "faces"), 4);
  });
  afterAll(() => rm(work, { recursive: true, force: true }));

  const sizes = ["--conv-channels", "2,4", "--hidden-size", "8", "--batch-size", "4", "--epochs", "3"];
  const train = (models: string, device: string, ...args: string[]) =>
    [
      ...["--data", "faces", "--models", models, "--device", device, "--no-evaluate"],
      ...sizes,
      ...args,
    ] as const;
  const run = (args: readonly string[], loseGpuAt?: number): Promise<Outcome> =>
    runEntry("examples/train.ts", args, { cwd: work, ...(loseGpuAt !== undefined && { loseGpuAt }) });

  /** The epochs on disk; none if there is no file yet. */
  const historyOf = async (models: string): Promise<EpochRecord[]> => {
    const path = join(work, models, "training_history.json");
    return existsSync(path) ? JSON.parse(await readFile(path, "utf8")).epochs : [];
  };
  const withoutTime = (epochs: readonly EpochRecord[]) => epochs.map(({ seconds: _, ...record }) => record);

  test("at random moments: its own exit code, whole files, and it goes on with the CPU", async () => {
    const whole = await run(train("whole", "webgpu"), 0);
    expect([whole.code, whole.stderr]).toEqual([0, expect.not.stringContaining("error")]);
    const calls = Number(/^(\d+) calls of the device$/m.exec(whole.stdout)![1]);
    const expected = await historyOf("whole");
    expect(expected).toHaveLength(3);
    const cpu = await openDevice("cpu", { threads: 1 });
    const random = new Generator(3);
    const lingering: number[] = [];
    for (let i = 0; i < Number(process.env["MIEN_LOSSES"] ?? 4); i++) {
      // The first time while the third checkpoint is made, so that there is one before it.
      const at = i === 0 ? calls - 1 : 1 + random.integer(calls);
      const models = `lost-${i}`;
      const outcome = await run(train(models, "webgpu"), at);
      const place = `call ${at} of ${calls}:\n${outcome.stdout}\n${outcome.stderr}`;
      const error = /^error: webgpu: GPU device lost \(destroyed\): [^\n]*\n$/m;
      expect(outcome.stderr, place).toMatch(error);
      expect(outcome.stderr.match(/^error/gm), place).toHaveLength(1);
      expect(outcome.stderr, place).not.toMatch(/^\s+at |after its GPU was lost/m);
      expect(outcome.code, place).toBe(1);
      lingering.push(outcome.lingering);
      // No number is told, and none kept, that the whole training does not have too.
      const kept = await historyOf(models);
      expect(withoutTime(kept), place).toEqual(withoutTime(expected.slice(0, kept.length)));
      const lines = (text: string) => (text.match(/^epoch .*lr/gm) ?? []) as string[];
      const told = lines(outcome.stdout);
      expect(told, place).toEqual(lines(whole.stdout).slice(0, told.length));
      expect(kept.length - told.length, place).toBeLessThanOrEqual(1);
      if (kept.length === 0) continue;
      const last = await readFile(join(work, models, "last_model.safetensors"));
      for (const parameter of decodeModel(last, "last model", cpu).model.parameters())
        expect((await parameter.data()).every(Number.isFinite), place).toBe(true);
      if (i > 0) continue;
      const resumed = await run(train(models, "cpu", "--resume"));
      expect([resumed.code, resumed.stderr]).toEqual([0, ""]);
      for (const [epoch, record] of (await historyOf(models)).entries()) {
        expect(Math.abs(record.trainLoss / expected[epoch]!.trainLoss - 1)).toBeLessThan(1e-4);
      }
    }
    cpu.dispose();
    console.log(
      `ended so many seconds after the last line: ${lingering.map((s) => s.toFixed(2)).join(", ")}`,
    );
    expect(Math.min(...lingering)).toBeLessThan(5);
  });
});
