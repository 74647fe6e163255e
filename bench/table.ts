/**
 * Rows as an aligned table: words flush left, numbers flush right, columns in which nothing stands left out.
 */

import type { Row } from "./report.ts";

interface Column {
  readonly title: string;
  readonly isNumber: boolean;
  cell(row: Row): string;
}

const number = (title: string, value: (row: Row) => number | null, suffix = ""): Column => ({
  title,
  isNumber: true,
  cell(row) {
    const found = value(row);
    return found === null ? "" : significant(found) + suffix;
  },
});

const text = (title: string, value: (row: Row) => string | null): Column => ({
  title,
  isNumber: false,
  cell: (row) => value(row) ?? "",
});

const COLUMNS: readonly Column[] = [
  text("what", (row) => row.name),
  text("device", (row) => row.device),
  number("threads", (row) => row.threads),
  number("batch", (row) => row.batch),
  number("median ms", (row) => row.medianMs),
  number("min", (row) => row.minMs),
  number("max", (row) => row.maxMs),
  number("images/s", (row) => row.imagesPerSecond),
  number("GFLOP/s", (row) => row.gigaflopsPerSecond),
  number("GB/s", (row) => row.gigabytesPerSecond),
  number("of peak", (row) => row.peakShare && row.peakShare * 100, " %"),
  number("speed", (row) => row.ratio, "x"),
  text("beside", (row) => row.ratioTo),
  text("note", (row) => row.note),
];

/** Lines up rows under the columns that have something to say about them. */
export function formatRows(rows: readonly Row[]): string {
  const columns = COLUMNS.filter((column) => rows.some((row) => column.cell(row) !== ""));
  const lines = [
    columns.map((column) => column.title),
    ...rows.map((row) => columns.map((column) => column.cell(row))),
  ];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  const format = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (columns[i]!.isNumber ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join("  ")
      .trimEnd();
  const [header, ...body] = lines.map(format);
  return [header, widths.map((width) => "-".repeat(width)).join("  "), ...body].join("\n");
}

/** Three significant digits, and never an exponent. */
function significant(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
  return value.toLocaleString("en", { maximumSignificantDigits: 3, minimumSignificantDigits: 3 });
}
