/**
 * The reliability diagram: how often the model is right when it is so and so sure.
 *
 * Bars that end on the dashed diagonal would be a perfectly calibrated model; bars below it are overconfidence, the
 * usual fault of networks trained for long. The thin lines are 95 % intervals: a bin of five images proves little, and
 * the histogram below says how many there are.
 */

import type { TopLevelSpec } from "vega-lite";
import type { Calibration } from "../../calibration.ts";
import { wilson } from "../../interval.ts";
import { chartToPng, type Panel } from "./render.ts";
import { INK, INK_SOFT, PERCENT_AXIS, percent, plural, RULE, SEQUENTIAL, TEXT, thousands } from "./theme.ts";

const WIDTH = 400;
const GAP = 2;

export interface CalibrationOptions {
  /** Which images these are, for the title: "test". */
  readonly split: string;
}

/** Draws a model's calibration on one split as a PNG. */
export async function drawCalibration(
  measured: Calibration,
  options: CalibrationOptions,
): Promise<Uint8Array> {
  return chartToPng(calibrationChart(measured, options));
}

/** The same as a vega-lite specification. */
export function calibrationChart(measured: Calibration, { split }: CalibrationOptions): TopLevelSpec {
  const { bins, ece, accuracy, confidence, count } = measured;
  const values = bins
    .filter((bin) => bin.count > 0)
    .map((bin) => {
      const { low: least, high: most } = wilson(bin.hits, bin.count);
      return { ...bin, least, most, middle: (bin.low + bin.high) / 2, label: thousands(bin.count) };
    });
  const about = [
    `${split}: ${plural(count, "image")}, ${plural(bins.length, "bin")}; thin lines: 95\u00a0% intervals`,
    `mean confidence ${percent(confidence, 1)}, accuracy ${percent(accuracy, 1)}`,
  ];
  return {
    title: {
      text: count === 0 ? "Calibration" : `Calibration: ECE ${percent(ece, 1)}`,
      subtitle: count === 0 ? `${split}: no images` : about,
    },
    data: { values },
    spacing: 12,
    vconcat: [reliability(), histogram(Math.max(1, ...bins.map((bin) => bin.count)))],
  };
}

const share = (field: string) => ({
  field,
  type: "quantitative" as const,
  scale: { domain: [0, 1] },
  axis: { ...PERCENT_AXIS, tickCount: 5, labelFlush: false },
});

/** The axis of both panels; only the lower one is labelled. */
const confidenceAxis = (field: string, labels: boolean) => ({
  ...share(field),
  title: labels ? "confidence" : null,
  axis: { ...share(field).axis, labels, grid: false, domain: true, domainColor: RULE },
});

function reliability(): Panel {
  const y = (field: string) => ({ ...share(field), title: "accuracy" });
  const x = (field: string) => confidenceAxis(field, false);
  return {
    width: WIDTH,
    height: WIDTH,
    layer: [
      {
        mark: { type: "bar", color: SEQUENTIAL[4], binSpacing: GAP },
        encoding: { x: { ...x("low"), bin: "binned" }, x2: { field: "high" }, y: y("accuracy") },
      },
      {
        data: { values: [{ from: 0, to: 1 }] },
        mark: { type: "rule", color: INK_SOFT, strokeDash: [5, 4], strokeWidth: 1.2 },
        encoding: { x: x("from"), x2: { field: "to" }, y: y("from"), y2: { field: "to" } },
      },
      {
        mark: { type: "rule", color: INK, strokeWidth: 1.2 },
        encoding: { x: x("confidence"), y: y("least"), y2: { field: "most" } },
      },
      {
        mark: { type: "point", filled: true, color: INK, size: 32, opacity: 1 },
        encoding: { x: x("confidence"), y: y("accuracy") },
      },
    ],
  };
}

function histogram(most: number): Panel {
  const y = {
    field: "count",
    type: "quantitative" as const,
    title: "images",
    scale: { domain: [0, most * 1.3], nice: false },
    axis: { labels: false, grid: false },
  };
  return {
    width: WIDTH,
    height: 90,
    layer: [
      {
        mark: { type: "bar", color: SEQUENTIAL[2], binSpacing: GAP },
        encoding: { x: { ...confidenceAxis("low", true), bin: "binned" }, x2: { field: "high" }, y },
      },
      {
        mark: { type: "text", dy: -8, fontSize: TEXT.note.size, color: INK_SOFT },
        encoding: { x: confidenceAxis("middle", true), y, text: { field: "label", type: "nominal" } },
      },
    ],
  };
}
