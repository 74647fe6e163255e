/**
 * What a run of the bench leaves behind: rows, and the comparison with an earlier run's rows.
 */

import { readFile, writeFile } from "node:fs/promises";
import { z } from "zod";
import type { Machine } from "./machine.ts";
import { type Measurement, median, type Subject, speedRatio } from "./measure.ts";
import type { Peak } from "./peak.ts";

/** One line of a table. What does not apply is null. */
export interface Row {
  readonly suite: string;
  readonly name: string;
  readonly device: string;
  readonly threads: number | null;
  readonly batch: number | null;
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  readonly imagesPerSecond: number | null;
  /** Convolutions are counted as direct ones, whatever way they were computed. */
  readonly gigaflopsPerSecond: number | null;
  readonly gigabytesPerSecond: number | null;
  /** The share of what the machine's own peak loop does on as many threads, or on the GPU. */
  readonly peakShare: number | null;
  /** How many times as fast as `ratioTo`: the median of the rounds' ratios. */
  readonly ratio: number | null;
  readonly ratioTo: string | null;
  readonly note: string | null;
}

export interface Report {
  readonly machine: Machine;
  readonly peak: Peak;
  readonly rows: readonly Row[];
}

/**
 * A row from a measurement, set beside that of its rival.
 *
 * @param limit GFLOP/s of the peak loop on as much of the machine
 */
export function toRow(suite: string, own: Measurement, rival?: Measurement, limit?: number | null): Row {
  const { name, device, threads, batch, flops, bytes, note } = own.subject;
  const medianMs = median(own.samples);
  const perSecond = (amount: number) => amount / (medianMs / 1000);
  const gigaflopsPerSecond = flops === undefined ? null : perSecond(flops) / 1e9;
  return {
    ...{ suite, name, device, threads, batch, medianMs },
    minMs: Math.min(...own.samples),
    maxMs: Math.max(...own.samples),
    imagesPerSecond: batch === null ? null : perSecond(batch),
    gigaflopsPerSecond,
    gigabytesPerSecond: bytes === undefined ? null : perSecond(bytes) / 1e9,
    peakShare: limit && gigaflopsPerSecond ? gigaflopsPerSecond / limit : null,
    ratio: rival ? speedRatio(own, rival) : null,
    ratioTo: rival ? describeRival(own.subject, rival.subject) : null,
    note: note ?? null,
  };
}

/** Another device that does the same, or the same device that does something else. */
function describeRival(own: Subject, { name, device, threads }: Subject): string {
  if (name !== own.name) return name;
  return threads === null ? device : `${device}, ${threads} ${threads === 1 ? "thread" : "threads"}`;
}

export async function writeReport(file: string, report: Report): Promise<void> {
  await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
}

/** What a comparison needs of an earlier report. */
const earlierReport = z.object({
  machine: z.object({ cpu: z.string() }),
  rows: z.array(
    z.object({
      suite: z.string(),
      name: z.string(),
      device: z.string(),
      threads: z.number().nullable(),
      batch: z.number().nullable(),
      medianMs: z.number(),
      ratio: z.number().nullable(),
    }),
  ),
});
type EarlierReport = z.infer<typeof earlierReport>;

/** @throws Error if the file cannot be read or is no report */
export async function readReport(file: string): Promise<EarlierReport> {
  const parsed = earlierReport.safeParse(JSON.parse(await readFile(file, "utf8")));
  if (!parsed.success) throw new Error(`bench: ${file} is no report of this bench`, { cause: parsed.error });
  return parsed.data;
}

/** Slower by less than this is taken for noise. */
const TOLERANCE = 1.1;

type RowKey = Pick<Row, "suite" | "name" | "device" | "threads" | "batch">;
const keyOf = ({ suite, name, device, threads, batch }: RowKey): string =>
  [suite, name, device, threads && `${threads} threads`, batch && `batch ${batch}`]
    .filter(Boolean)
    .join(", ");

/** Which rows took over 10 % longer than in an earlier report, one line each, the worst first. */
export function whatGotSlower(before: EarlierReport, after: Report): string[] {
  const earlier = new Map(before.rows.map((row) => [keyOf(row), row]));
  return after.rows
    .flatMap((row) => {
      const old = earlier.get(keyOf(row));
      return old ? [{ row, old, factor: row.medianMs / old.medianMs }] : [];
    })
    .filter(({ factor }) => factor > TOLERANCE)
    .sort((a, b) => b.factor - a.factor)
    .map(({ row, old, factor }) => {
      const ratios =
        row.ratio && old.ratio
          ? `; beside ${row.ratioTo}: ${old.ratio.toFixed(2)}x, now ${row.ratio.toFixed(2)}x`
          : "";
      const times = `${old.medianMs.toPrecision(3)} ms, now ${row.medianMs.toPrecision(3)} ms`;
      return `${keyOf(row)}: ${((factor - 1) * 100).toFixed(0)} % slower (${times}${ratios})`;
    });
}
