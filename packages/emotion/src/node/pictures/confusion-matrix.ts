/**
 * The confusion matrix as a heat map: a row per true class, a column per prediction.
 *
 * The idea is that colour shows shares of a row, not counts: a class with three times the images would otherwise look
 * three times as well recognised. The second variant shows the counts themselves, for those who want to add them up.
 */

import { ArgumentError } from "@mien/tensor";
import type { TopLevelSpec } from "vega-lite";
import { EMOTIONS } from "../../classes.ts";
import { wilson } from "../../interval.ts";
import { chartToPng, type Layer } from "./render.ts";
import {
  EMPTY,
  GROUND,
  INK,
  isDark,
  nameAngle,
  PERCENT_AXIS,
  percent,
  plural,
  SEQUENTIAL,
  thousands,
} from "./theme.ts";

export interface ConfusionMatrixOptions {
  /** What the numbers are: shares of their row, or images. Default: shares. */
  readonly values?: "shares" | "counts";
  /** Which images these are, for the title: "test". */
  readonly split: string;
  /** Default: the four emotions. */
  readonly classes?: readonly string[];
}

/**
 * Draws `matrix[label][prediction]` as a PNG.
 *
 * @throws ArgumentError when the matrix has not a row and a column per class
 */
export async function drawConfusionMatrix(
  matrix: readonly (readonly number[])[],
  options: ConfusionMatrixOptions,
): Promise<Uint8Array> {
  return chartToPng(confusionMatrixChart(matrix, options));
}

/** The same as a vega-lite specification. */
export function confusionMatrixChart(
  matrix: readonly (readonly number[])[],
  { values = "shares", split, classes = EMOTIONS }: ConfusionMatrixOptions,
): TopLevelSpec {
  if (matrix.length !== classes.length || matrix.some((row) => row.length !== classes.length)) {
    throw new ArgumentError(
      `confusion matrix: got rows of ${matrix.map((row) => row.length).join(", ")} numbers, ` +
        `expected ${classes.length} rows of ${classes.length}`,
    );
  }
  const shares = values === "shares";
  const cells = cellsOf(matrix, classes, shares);
  const most = shares ? 1 : Math.max(1, ...matrix.flat());
  const side = classes.length <= 5 ? 92 : 72;
  const length = side * classes.length;
  const axis = { sort: [...classes], scale: { padding: 0 } } as const;
  return {
    title: { text: "Confusion matrix", subtitle: subtitles(matrix, split, shares) },
    width: length,
    height: length,
    data: { values: cells },
    encoding: {
      x: {
        ...axis,
        field: "predicted",
        type: "nominal",
        title: "predicted",
        axis: { labelAngle: nameAngle(classes, side), orient: "bottom" },
      },
      y: { ...axis, field: "actual", type: "nominal", title: "true" },
    },
    layer: [
      { mark: { type: "rect", fill: EMPTY, stroke: GROUND, strokeWidth: 2 } },
      {
        data: { values: cells.filter(({ value }) => value !== null) },
        mark: { type: "rect", stroke: GROUND, strokeWidth: 2 },
        encoding: {
          color: {
            field: "value",
            type: "quantitative",
            scale: { domain: [0, most], range: [...SEQUENTIAL], interpolate: "rgb" },
            legend: {
              title: null,
              gradientLength: length,
              gradientThickness: 14,
              offset: 20,
              labelOffset: 6,
              tickCount: 5,
              tickMinStep: shares ? 0.2 : 1,
              ...(shares ? PERCENT_AXIS : { format: ",d" }),
            },
          },
        },
      },
      cellText("large", 15, 500, shares ? -4 : 0),
      ...(shares ? [cellText("small", 11, 400, 14)] : []),
    ],
  };
}

interface Cell {
  readonly actual: string;
  readonly predicted: string;
  /** What the colour shows; null in the rows of classes without images. */
  readonly value: number | null;
  readonly large: string;
  readonly small: string;
  /** Whether the cell is so dark that its text must be white. */
  readonly dark: boolean;
}

function cellsOf(
  matrix: readonly (readonly number[])[],
  classes: readonly string[],
  shares: boolean,
): Cell[] {
  const most = Math.max(1, ...matrix.flat());
  return matrix.flatMap((row, actual) => {
    const images = row.reduce((sum, n) => sum + n, 0);
    return row.map((n, predicted): Cell => {
      const share = images === 0 ? null : n / images;
      return {
        actual: classes[actual]!,
        predicted: classes[predicted]!,
        value: shares ? share : n,
        large: shares ? (share === null ? "–" : percent(share, 1)) : thousands(n),
        small: share === null ? "no images" : thousands(n),
        dark: isDark(shares ? (share ?? 0) : n / most),
      };
    });
  });
}

function cellText(field: "large" | "small", fontSize: number, fontWeight: 400 | 500, dy: number): Layer {
  return {
    mark: { type: "text", fontSize, fontWeight, dy },
    encoding: {
      text: { field, type: "nominal" },
      color: { condition: { test: "datum.dark", value: GROUND }, value: INK },
    },
  };
}

function subtitles(matrix: readonly (readonly number[])[], split: string, shares: boolean): string[] {
  const images = matrix.flat().reduce((sum, n) => sum + n, 0);
  const hits = matrix.reduce((sum, row, c) => sum + row[c]!, 0);
  if (images === 0) return [`${split}: no images`];
  const { low, high } = wilson(hits, images);
  return [
    `${split}: ${plural(images, "image")}, ${shares ? "shares of each true class" : "counts"}`,
    `accuracy ${percent(hits / images, 1)} (95\u00a0% interval: ${percent(low, 1)} to ${percent(high, 1)})`,
  ];
}
