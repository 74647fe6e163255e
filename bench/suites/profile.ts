/**
 * `profile`: the kernels of a training step of EmotionCNN on each device, and what of the step's time is not theirs.
 *
 * On a GPU the times are those of its own clock, with a pass for each launch; elsewhere each launch is timed as a whole.
 */

import { DeviceError, type Profile, startProfile } from "mien";
import { STEP_FLOPS, trainingStep } from "../emotion-step.ts";
import { type BenchDevice, batchFor, limitOf, noteFor, type Suite } from "../field.ts";
import type { Row } from "../report.ts";

const BATCH = 64;
/** One plain step, one that records, one that checks; then they are replayed. */
const WARM_UP = 4;
const STEPS = { cpu: 20, webgpu: 20, reference: 1 } as const;

async function profileOf({ device, isSoftware }: BenchDevice, batch: number): Promise<[Profile, number]> {
  const run = trainingStep(device, batch);
  const steps = isSoftware ? 3 : STEPS[device.name];
  if (device.name !== "reference") await run(WARM_UP);
  const profile = startProfile(device);
  await run(steps);
  return [await profile.stop(), steps];
}

export const profile: Suite = async ({ devices, peak }) => {
  const rows: Row[] = [];
  for (const bench of devices) {
    const batch = batchFor(bench, BATCH);
    const found = await profileOf(bench, batch).catch((error: unknown) => {
      if (!(error instanceof DeviceError)) throw error;
      console.info(`profile: ${error.message}`);
    });
    if (!found) continue;
    const [times, steps] = found;
    const limit = limitOf(bench, peak);
    const row = (name: string, ms: number, flops: number | null, note: string | null): Row => ({
      ...{ suite: "profile", name, device: bench.label, threads: bench.threads, batch },
      ...{ medianMs: ms / steps, minMs: ms / steps, maxMs: ms / steps, imagesPerSecond: null },
      gigaflopsPerSecond: flops,
      peakShare: flops && limit && flops / limit,
      ...{ gigabytesPerSecond: null, ratio: null, ratioTo: null, note },
    });
    const { wallMilliseconds: wall, kernelMilliseconds: inKernels } = times;
    const share = (ms: number) => `${((100 * ms) / wall).toFixed(1)} % of the step`;
    for (const { kernel, detail, milliseconds, launches, gigaflopsPerSecond } of times.rows) {
      const count = launches === steps ? "" : `, ${launches / steps} launches`;
      rows.push(row(`${kernel} ${detail}`, milliseconds, gigaflopsPerSecond, share(milliseconds) + count));
    }
    const outside = Math.max(0, wall - inKernels);
    rows.push(row("outside of kernels", outside, null, share(outside)));
    const rate = (steps * batch * STEP_FLOPS) / wall / 1e6;
    const { note } = noteFor(bench, BATCH);
    rows.push(
      row(
        "the whole step",
        wall,
        rate,
        [`${times.launches / steps} launches`, note].filter(Boolean).join(", "),
      ),
    );
  }
  return rows;
};
