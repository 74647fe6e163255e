/**
 * `peak`: the most that this engine computes, what several threads of it gain on this machine, and the most that a GPU
 * computes in float32.
 */

import type { Suite } from "../field.ts";
import { measure } from "../measure.ts";
import { peakLoops, startPeak } from "../peak.ts";
import { toRow } from "../report.ts";

export const peak: Suite = async ({ threads, gpuPeak, options }) => {
  const subjects = await Promise.all(
    peakLoops().flatMap((loop) => threads.map((count) => startPeak(loop, count))),
  );
  const measurements = await measure([...subjects, ...(gpuPeak ? [gpuPeak] : [])], options);
  await Promise.all(subjects.map((subject) => subject.close()));
  return measurements.map((measurement) => {
    const single = measurements.find(
      ({ subject }) => subject.name === measurement.subject.name && subject.threads === 1,
    );
    const row = toRow("peak", measurement);
    // A run on n threads does n times the work, so the gain is in the rates and not in the times.
    const alone = single && toRow("peak", single).gigaflopsPerSecond;
    if (!alone || measurement === single) return row;
    return { ...row, ratio: row.gigaflopsPerSecond! / alone, ratioTo: "1 thread" };
  });
};
