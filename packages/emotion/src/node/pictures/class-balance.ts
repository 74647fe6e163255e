/**
 * How many images each class has, split by split.
 *
 * Each split has its own scale: 32 test images beside 4,000 for training would be bars of no height, and what is
 * asked here is whether the classes of one split are even.
 */

import type { TopLevelSpec } from "vega-lite";
import { EMOTIONS } from "../../classes.ts";
import { chartToPng, type Panel } from "./render.ts";
import { classColour, INK, INK_SOFT, nameAngle, plural, TEXT, thousands } from "./theme.ts";

/** From one bar to the next. */
const STEP = 60;

export interface SplitCounts {
  readonly split: string;
  /** Images of each class, in the order of `classes`. */
  readonly counts: readonly number[];
}

/** Draws the counts as bars, a panel per split, as a PNG. */
export async function drawClassBalance(
  splits: readonly SplitCounts[],
  options: { readonly classes?: readonly string[] } = {},
): Promise<Uint8Array> {
  return chartToPng(classBalanceChart(splits, options));
}

/** The same as a vega-lite specification. */
export function classBalanceChart(
  splits: readonly SplitCounts[],
  { classes = EMOTIONS }: { readonly classes?: readonly string[] } = {},
): TopLevelSpec {
  const total = sum(splits.map(({ counts }) => sum(counts)));
  return {
    title: { text: "Images per class", subtitle: `${plural(total, "image")}; each part has its own scale` },
    spacing: 48,
    hconcat: splits.map((split) => panel(split, classes)),
  };
}

const sum = (counts: readonly number[]) => counts.reduce((total, n) => total + n, 0);

function panel({ split, counts }: SplitCounts, classes: readonly string[]): Panel {
  const values = classes.map((name, c) => ({
    name,
    count: counts[c] ?? 0,
    label: thousands(counts[c] ?? 0),
  }));
  const most = Math.max(1, ...values.map(({ count }) => count));
  return {
    width: STEP * classes.length,
    height: 180,
    data: { values },
    title: {
      text: split,
      subtitle: plural(sum(counts), "image"),
      fontSize: TEXT.heading.size,
      color: INK,
      frame: "group",
      offset: 12,
    },
    encoding: {
      x: {
        field: "name",
        type: "nominal",
        title: null,
        sort: [...classes],
        axis: { labelAngle: nameAngle(classes, STEP) },
      },
      y: {
        field: "count",
        type: "quantitative",
        axis: null,
        scale: { domain: [0, 1.1 * most], nice: false },
      },
    },
    layer: [
      {
        mark: { type: "bar", width: { band: 0.72 } },
        encoding: {
          color: {
            field: "name",
            type: "nominal",
            legend: null,
            scale: { domain: [...classes], range: classes.map(classColour) },
          },
        },
      },
      {
        mark: { type: "text", dy: -8, color: INK_SOFT, fontSize: TEXT.label.size },
        encoding: { text: { field: "label", type: "nominal" } },
      },
    ],
  };
}
