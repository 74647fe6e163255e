/**
 * `training`: a whole training on the faces of a folder, from the start of the process to its end.
 *
 * Decoding is left out (the pixel cache is filled first), all else is in: reading the cache, opening the device,
 * compiling, augmentation, validation. It is long, so each device does it once.
 */

import { loadFolderCached } from "../../packages/emotion/src/node/pixel-cache.ts";
import type { BenchDevice, Suite, TrainingPlan } from "../field.ts";
import { median } from "../measure.ts";
import { ownProcess, runProcess } from "../own-process.ts";
import { type Row, toRow } from "../report.ts";

/** Of each set, on a GPU in software, which would take hours for all. */
const FEW = 16;

async function trainOn(bench: BenchDevice, { epochs, data }: TrainingPlan): Promise<Row> {
  const { label, threads, isSoftware } = bench;
  const command = ownProcess(
    "whole-training",
    bench,
    ...[String(epochs), isSoftware ? String(FEW) : "all", data ?? ""],
  );
  let faces = 0;
  let loaded = 0;
  let accuracy = "";
  const ends: number[] = [];
  const started = performance.now();
  await runProcess(command, (line, milliseconds) => {
    const [what, number, share] = line.split(" ");
    if (what === "faces") {
      faces = Number(number);
      loaded = milliseconds;
    } else {
      ends.push(milliseconds);
      accuracy = `${share} %`;
      console.info(
        `${label}: epoch ${number} after ${seconds(milliseconds)}, validation accuracy ${accuracy}`,
      );
    }
  });
  const whole = performance.now() - started;
  const later = ends.slice(1).map((end, i) => end - ends[i]!);
  const facts = [
    `${faces.toLocaleString("en")} faces after ${seconds(loaded)}`,
    `first epoch after ${seconds(ends[0]!)}`,
    ...(later.length > 0 ? [`each later one ${seconds(median(later))}`] : []),
    `accuracy ${accuracy}`,
    ...(isSoftware ? ["fewer images, it is slow"] : []),
  ];
  const subject = {
    name: `training, ${epochs} ${epochs === 1 ? "epoch" : "epochs"}`,
    ...{ device: label, threads, batch: faces * epochs, note: facts.join(", ") },
    run: () => Promise.resolve(whole),
  };
  return toRow("training", { subject, samples: [whole] });
}

const seconds = (milliseconds: number): string => `${(milliseconds / 1000).toFixed(2)} s`;

export const training: Suite = async ({ devices, training: plan }) => {
  if (plan.data !== null) await loadFolderCached(plan.data, { size: 48 });
  const rows: Row[] = [];
  for (const bench of devices) {
    if (bench.device.name !== "reference") rows.push(await trainOn(bench, plan));
  }
  return rows;
};
