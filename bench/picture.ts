/**
 * The rows of a bench as a picture: who handles how many images a second, a panel for each thing that was measured.
 *
 * The scale is logarithmic, since the slowest takes a thousand times as long as the fastest.
 */

import { writeFile } from "node:fs/promises";
import type { Report, Row } from "./report.ts";

const OURS = "#2a6fb5";
const OTHERS = "#a3abb8";
const ROW_HEIGHT = 26;

/** As it stands beside its bar. */
function nameOf({ device, threads }: Row): string {
  return threads === null ? device : `${device}, ${threads} ${threads === 1 ? "thread" : "threads"}`;
}

/** What is measured together: the batch is what was asked for, which slow contenders did not get. */
function panelsOf(rows: readonly Row[]): Map<string, Row[]> {
  const panels = new Map<string, Row[]>();
  let title = "";
  for (const row of rows) {
    if (row.imagesPerSecond === null) continue;
    if (row.note === null) title = `${row.name}, batch ${row.batch}`;
    panels.set(title, [...(panels.get(title) ?? []), row]);
  }
  return panels;
}

/** Who draws needs a native library, so this goes by way of a variable: bundlers must not look for it. */
const drawing = "@mien/emotion/node";

/**
 * Writes a PNG of all rows that count images.
 *
 * @throws Error where the bench was bundled to one file
 */
export async function writePicture(file: string, { machine, rows }: Report): Promise<void> {
  const all = rows.flatMap(({ imagesPerSecond }) => (imagesPerSecond === null ? [] : [imagesPerSecond]));
  const domain = [Math.min(...all) / 2, Math.max(...all) * 8];
  const panels = [...panelsOf(rows)].map(([title, contenders]) => {
    const values = contenders
      .map((row) => ({
        name: nameOf(row),
        speed: row.imagesPerSecond!,
        floor: domain[0],
        label: Number(row.imagesPerSecond!.toPrecision(3)).toLocaleString("en"),
        colour: /^(PyTorch|jax-js|TensorFlow)/.test(row.device) ? OTHERS : OURS,
      }))
      .sort((a, b) => b.speed - a.speed);
    return {
      width: 420,
      height: ROW_HEIGHT * values.length,
      title: { text: title, fontSize: 14, offset: 8 },
      data: { values },
      encoding: {
        y: {
          field: "name",
          type: "nominal" as const,
          title: null,
          sort: values.map(({ name }) => name),
          axis: { labelLimit: 260 },
        },
        x: {
          field: "speed",
          type: "quantitative" as const,
          axis: null,
          scale: { type: "log" as const, domain, nice: false },
        },
      },
      layer: [
        {
          mark: { type: "bar" as const, height: { band: 0.7 } },
          encoding: {
            x2: { field: "floor" },
            color: { field: "colour", type: "nominal" as const, scale: null },
          },
        },
        {
          mark: { type: "text" as const, align: "left" as const, dx: 6 },
          encoding: { text: { field: "label", type: "nominal" as const } },
        },
      ],
    };
  });
  const { chartToPng } = await loadDrawing();
  const png = await chartToPng({
    title: {
      text: "EmotionCNN, images per second",
      subtitle: `${machine.cpu}, ${machine.cores} cores; logarithmic`,
    },
    spacing: 28,
    vconcat: panels,
  });
  await writeFile(file, png);
}

async function loadDrawing(): Promise<typeof import("@mien/emotion/node")> {
  return import(drawing).catch((cause: unknown) => {
    throw new Error("bench: no picture, a bench bundled to one file cannot draw. Help: take --json", {
      cause,
    });
  });
}
