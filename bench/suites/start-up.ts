/**
 * `start-up`: from the start of a process to the end of its first training step, and PyTorch's for comparison.
 *
 * `all faces` is what a user waits for: the built-in faces are drawn, uploaded, and the trainer takes its first step.
 * `resident batch` leaves out the data, as the PyTorch script does. On a GPU compiling the pipelines is part of it, and
 * the step is done when the device says so.
 */

import type { Runner } from "../emotion-step.ts";
import { batchFor, compete, noteFor, type Suite } from "../field.ts";
import { type CommandLine, ownProcess, runProcess } from "../own-process.ts";
import type { Row } from "../report.ts";

const BATCH = 64;
/** What the processes have before their first step. */
const DATA = ["resident batch", "all faces"] as const;

/** Starts the program `count` times, one after another; each says a word when its first step is done. */
function starts(command: CommandLine): Runner {
  return async (count) => {
    let total = 0;
    for (let i = 0; i < count; i++) {
      let first: number | null = null;
      await runProcess(command, (_, milliseconds) => {
        first ??= milliseconds;
      });
      if (first === null) throw new Error(`bench: ${command[0]} ended without its first step`);
      total += first;
    }
    return total;
  };
}

export const startUp: Suite = async (field) => {
  const rows: Row[] = [];
  for (const data of DATA) {
    const name = `first step, ${data}`;
    const compared = await compete(
      "start-up",
      field,
      (bench) => {
        const { device, label, threads } = bench;
        if (device.name === "reference") return null;
        const command = ownProcess("first-step", bench, String(batchFor(bench, BATCH)), data);
        return { name, device: label, threads, batch: null, ...noteFor(bench, BATCH), run: starts(command) };
      },
      ({ firstStep, label, threads }) => {
        if (data === "all faces" || firstStep === null) return null;
        return { name, device: label, threads, batch: null, run: starts(firstStep) };
      },
    );
    rows.push(...compared);
  }
  return rows;
};
