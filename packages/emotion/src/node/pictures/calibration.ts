/**
 * The reliability diagram: how often the model is right when it is so and so sure.
 *
 * Bars on the dashed diagonal would be a perfectly calibrated model; bars below it are overconfidence, the usual fault
 * of networks trained for long. The thin lines are 95 % intervals: a bin of five images proves little, and the
 * histogram below says how many there are.
 */

import type { TopLevelSpec } from "vega-lite";
import type { Calibration } from "../../calibration.ts";
import { wilson } from "../../interval.ts";
import { chartToPng } from "./render.ts";
import { ACCENT, GROUND, INK, INK_SOFT, percent, plural, TEXT, thousands } from "./theme.ts";

const WIDTH = 400;

/** Draws a model's calibration on one split as a PNG. */
export async function drawCalibration(measured: Calibration, options: { readonly split: string }): Promise<Uint8Array> {
  return chartToPng(calibrationChart(measured, options));
}

/** The same as a vega-lite specification. */
export function calibrationChart(
  { bins, ece, accuracy, confidence, count }: Calibration,
  { split }: { readonly split: string },
): TopLevelSpec {
  const values = bins
    .filter((bin) => bin.count > 0)
    .map((bin) => ({ ...bin, ...renamed(wilson(bin.hits, bin.count)), label: thousands(bin.count) }));
  const share = {
    type: "quantitative",
    scale: { domain: [0, 1] },
    axis: { tickCount: 5, labelExpr: "format(100 * datum.value, 'd') + '\u00a0%'" },
  } as const;
  const x = { ...share, field: "low", title: null, axis: { ...share.axis, grid: false } } as const;
  const y = { ...share, field: "accuracy", title: "accuracy" } as const;
  const most = Math.max(1, ...bins.map((bin) => bin.count));
  return {
    title: {
      text: `Calibration: expected error ${percent(ece, 1)}`,
      subtitle: [
        `${split}: ${plural(count, "image")}, ${plural(bins.length, "bin")} of confidence`,
        `mean confidence ${percent(confidence, 1)}, accuracy ${percent(accuracy, 1)}`,
      ],
    },
    spacing: 14,
    vconcat: [
      {
        width: WIDTH,
        height: WIDTH,
        data: { values },
        layer: [
          {
            mark: { type: "bar", color: ACCENT, opacity: 0.75, stroke: GROUND, strokeWidth: 1.5, binSpacing: 0 },
            encoding: { x, x2: { field: "high" }, y },
          },
          {
            data: { values: [{ from: 0, to: 1 }] },
            mark: { type: "rule", color: INK_SOFT, strokeDash: [5, 4], strokeWidth: 1.2 },
            encoding: {
              x: { ...x, field: "from" },
              x2: { field: "to" },
              y: { ...y, field: "from" },
              y2: { field: "to" },
            },
          },
          {
            mark: { type: "rule", color: INK, strokeWidth: 1.2 },
            encoding: { x: { ...x, field: "confidence" }, y: { ...y, field: "least" }, y2: { field: "most" } },
          },
          {
            mark: { type: "point", filled: true, color: INK, size: 30, opacity: 1 },
            encoding: { x: { ...x, field: "confidence" }, y },
          },
        ],
      },
      {
        width: WIDTH,
        height: 90,
        data: { values },
        encoding: {
          x: { ...x, title: "confidence" },
          y: {
            field: "count",
            type: "quantitative",
            title: "images",
            scale: { domain: [0, most * 1.25], nice: false },
            axis: { tickCount: 3, format: ",d" },
          },
        },
        layer: [
          {
            mark: { type: "bar", color: ACCENT, opacity: 0.4, stroke: GROUND, strokeWidth: 1.5, binSpacing: 0 },
            encoding: { x2: { field: "high" } },
          },
          {
            transform: [{ calculate: "(datum.low + datum.high) / 2", as: "low" }],
            mark: { type: "text", dy: -7, fontSize: TEXT.note.size, color: INK_SOFT },
            encoding: { text: { field: "label", type: "nominal" } },
          },
        ],
      },
    ],
  };
}

const renamed = ({ low, high }: { readonly low: number; readonly high: number }) => ({ least: low, most: high });
