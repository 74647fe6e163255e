/**
 * Ctrl-C and SIGTERM: a training saves and says so, with whole files at any time; whoever insists need not wait.
 */

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeModel } from "@mien/emotion";
import { openDevice } from "mien";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeFacesFolder } from "./support/faces-folder.ts";
import { type Outcome, runEntry } from "./support/program.ts";
import type { OwnSignals } from "./support/signal-itself.ts";

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "mien-signals-"));
  await writeFacesFolder(join(work, "faces"), 3);
});
afterAll(() => rm(work, { recursive: true, force: true }));

/** Trains on 12 images in batches of one; with a batch for validation, number 30 is amid the third epoch. */
function train(models: string, epochs: number, ownSignals: OwnSignals): Promise<Outcome> {
  const data = ["--device", "cpu", "--data", "faces", "--models", models];
  const args = [...data, "--epochs", String(epochs), "--batch-size", "1", "--no-early-stopping"];
  return runEntry("examples/train.ts", args, { cwd: work, ownSignals });
}

async function expectWholeModels(models: string): Promise<void> {
  const device = await openDevice("cpu", { threads: 1 });
  for (const name of ["last_model.safetensors", "best_model.safetensors"]) {
    const { model } = decodeModel(await readFile(join(work, models, name)), name, device);
    for (const parameter of model.parameters())
      expect((await parameter.data()).every(Number.isFinite)).toBe(true);
  }
  device.dispose();
}

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("%s in an epoch saves, says so, and leaves whole files", async (signal, code) => {
  const outcome = await train(signal, 100_000, { at: { batch: 30 }, signals: [signal] });
  expect(outcome.stderr).toMatch(/^interrupted in epoch 3 after step \d+: .*last_model\.safetensors.*\n$/);
  expect(outcome.code).toBe(code);
  await expectWholeModels(signal);
  const history = JSON.parse(await readFile(join(work, signal, "training_history.json"), "utf8"));
  expect(history.epochs).toHaveLength(2);
});

test("a second Ctrl-C ends the program at once", async () => {
  const outcome = await train("twice", 100_000, { at: { batch: 30 }, signals: ["SIGINT", "SIGINT"] });
  expect([outcome.stderr, outcome.code]).toEqual(["", 130]);
  await expectWholeModels("twice");
});

test.each([
  ["one", ["SIGINT"]],
  ["two", ["SIGINT", "SIGINT"]],
  ["SIGTERM", ["SIGTERM"]],
] as const)("a progress bar leaves the cursor visible after %s", async (name, signals) => {
  const { stderr } = await train(`bar-${name}`, 100_000, { at: { batch: 30 }, signals, terminal: true });
  const [hidden, shown] = ["\x1b[?25l", "\x1b[?25h"].map((code) => stderr.lastIndexOf(code));
  expect(hidden, "it hides the cursor while it is drawn").toBeGreaterThanOrEqual(0);
  expect(shown).toBeGreaterThan(hidden!);
});

test("Ctrl-C while the test images are shown ends at once, with the model on disk", async () => {
  const outcome = await train("late", 1, { at: { printed: "^saved: " } });
  expect(outcome.code).toBe(130);
  expect(outcome.stdout).not.toContain("saved in ");
  await expectWholeModels("late");
});
