/**
 * Tables for a terminal: columns as wide as their widest cell, numbers flush right and with thousands marked.
 */

/** Text, a number, or nothing. */
export type Cell = string | number | null;

/**
 * Lines up rows under a header. A column is flush right if all its cells are numbers (or empty), else flush left.
 *
 * @param rows each as long as the header; text that stands for a number, such as "12.5 %", goes by `right`
 * @param right names of further columns that are flush right
 */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  right: readonly string[] = [],
): string {
  const isRight = header.map(
    (name, column) => right.includes(name) || rows.every((row) => typeof (row[column] ?? 0) === "number"),
  );
  const texts = [header, ...rows.map((row) => row.map(show))];
  const widths = header.map((_, column) => Math.max(...texts.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((text, column) =>
        isRight[column] ? text.padStart(widths[column]!) : text.padEnd(widths[column]!),
      )
      .join("  ")
      .trimEnd();
  const rule = widths.map((width) => "-".repeat(width)).join("  ");
  return [line(header), rule, ...texts.slice(1).map(line)].join("\n");
}

function show(cell: Cell): string {
  if (cell === null) return "";
  return typeof cell === "number" ? cell.toLocaleString("en", { maximumFractionDigits: 2 }) : printable(cell);
}

/** Without control characters: names and words from files must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "?");
}
