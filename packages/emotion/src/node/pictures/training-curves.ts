/**
 * The course of a training: loss and accuracy by epoch, for training and validation images, side by side.
 *
 * What to look for: where both curves of a panel fall (or rise) together the model learns; where they part it begins to
 * know its training images by heart. The epoch that was kept is marked, and so is each fall of the learning rate,
 * because a step in the curves there is the schedule's doing.
 */

import type { TopLevelSpec } from "vega-lite";
import type { EpochRecord } from "../../trainer.ts";
import { chartToPng, type Panel } from "./render.ts";
import { INK, INK_SOFT, PERCENT_AXIS, percent, plural, RULE, SERIES, TEXT } from "./theme.ts";

const WIDTH = 400;
const HEIGHT = 260;

/** More falls than these are a smooth schedule (cosine, warm-up), where a rule at each would hide the curves. */
const MOST_RULES = 12;

/** Up to this many epochs each gets a dot. */
const MOST_DOTS = 30;

/** Draws a training's history as a PNG; one epoch is enough. */
export async function drawTrainingCurves(history: readonly EpochRecord[]): Promise<Uint8Array> {
  return chartToPng(trainingCurvesChart(history));
}

/** The same as a vega-lite specification. */
export function trainingCurvesChart(history: readonly EpochRecord[]): TopLevelSpec {
  const best = bestEpoch(history);
  return {
    title: { text: "Training", subtitle: subtitle(history, best) },
    bounds: "flush",
    spacing: 92,
    hconcat: [
      panel(history, best, {
        title: "loss (cross-entropy)",
        values: [
          { series: "train", of: (record) => record.trainLoss },
          { series: "validation", of: (record) => record.valLoss },
        ],
      }),
      panel(history, best, {
        title: "accuracy",
        values: [
          { series: "train", of: (record) => record.trainAccuracy },
          { series: "validation", of: (record) => record.valAccuracy },
        ],
        axis: PERCENT_AXIS,
      }),
    ],
  };
}

/** The first epoch with the highest validation accuracy: the one whose model the trainer keeps. */
function bestEpoch(history: readonly EpochRecord[]): EpochRecord | undefined {
  return history.reduce<EpochRecord | undefined>(
    (best, record) => (best && !(record.valAccuracy > best.valAccuracy) ? best : record),
    undefined,
  );
}

/** The epochs that ran with a smaller learning rate than the one before. */
function rateDrops(history: readonly EpochRecord[]): number[] {
  return history
    .filter((record, i) => i > 0 && record.learningRate < history[i - 1]!.learningRate)
    .map(({ epoch }) => epoch);
}

function subtitle(history: readonly EpochRecord[], best: EpochRecord | undefined): string {
  if (!best) return "no epoch was finished";
  const rates = [history[0]!, history.at(-1)!].map(({ learningRate }) => rateText(learningRate));
  const drops = rateDrops(history).length;
  const rule = drops > 0 && drops <= MOST_RULES ? " (falls at the dotted lines)" : "";
  const rate =
    rates[0] === rates[1] ? `learning rate ${rates[0]}` : `learning rate ${rates[0]} to ${rates[1]}${rule}`;
  const kept = `best epoch ${best.epoch}: validation accuracy ${percent(best.valAccuracy, 1)}`;
  return [plural(history.length, "epoch"), kept, rate].join("  ·  ");
}

/** 0.001, 0.0005, 6.25e-5. */
function rateText(rate: number): string {
  const short = Number(rate.toPrecision(3));
  return short !== 0 && short < 1e-4 ? short.toExponential() : String(short);
}

interface Curves {
  readonly title: string;
  readonly values: readonly {
    readonly series: keyof typeof SERIES;
    readonly of: (record: EpochRecord) => number;
  }[];
  /** How the ticks of the y axis read; as plain numbers by default. */
  readonly axis?: { readonly format: string; readonly labelExpr: string };
}

function panel(
  history: readonly EpochRecord[],
  best: EpochRecord | undefined,
  { title, values, axis }: Curves,
): Panel {
  const points = history.flatMap((record) =>
    values
      .map(({ series, of }) => ({ epoch: record.epoch, series, value: of(record) }))
      .filter(({ value }) => Number.isFinite(value)),
  );
  const kept = points.filter(({ epoch, series }) => epoch === best?.epoch && series === "validation");
  const drops = rateDrops(history);
  const x = epochAxis(history);
  const y = {
    field: "value",
    type: "quantitative",
    title: null,
    scale: points.length > 0 ? { zero: false } : { domain: [0, 1] },
    axis: { ...axis, tickCount: 6 },
  } as const;
  // the same in both panels, so that vega-lite makes one legend of the two
  const colour = {
    field: "series",
    type: "nominal",
    scale: { domain: Object.keys(SERIES), range: Object.values(SERIES) },
    legend: {
      title: null,
      orient: "top",
      direction: "horizontal",
      symbolType: "stroke",
      symbolStrokeWidth: 3,
    },
  } as const;
  return {
    width: WIDTH,
    height: HEIGHT,
    title: { text: title, fontSize: TEXT.heading.size, color: INK, frame: "group", offset: 14 },
    layer: [
      {
        data: { values: drops.length <= MOST_RULES ? drops.map((epoch) => ({ epoch })) : [] },
        mark: { type: "rule", color: RULE, strokeWidth: 1, strokeDash: [1, 3] },
        encoding: { x },
      },
      {
        data: { values: kept },
        mark: { type: "rule", color: RULE, strokeWidth: 1 },
        encoding: { x },
      },
      {
        data: { values: kept.map(({ epoch }) => ({ epoch, label: `best: epoch ${epoch}` })) },
        mark: {
          type: "text",
          align: alignIn(history, best),
          dy: -9,
          fontSize: TEXT.note.size,
          color: INK_SOFT,
        },
        encoding: { x, y: { value: 0 }, text: { field: "label", type: "nominal" } },
      },
      {
        data: { values: points },
        mark: {
          type: "line",
          strokeWidth: history.length > 150 ? 1.4 : 2,
          strokeJoin: "round",
          point: history.length <= MOST_DOTS ? { size: 28 } : false,
        },
        encoding: { x, y, color: colour },
      },
      {
        data: { values: kept },
        mark: { type: "point", filled: true, size: 90, stroke: "white", strokeWidth: 1.5, opacity: 1 },
        encoding: { x, y, color: colour },
      },
    ],
  };
}

/** Which side of a label stands at the best epoch, so that it never leaves its panel. */
function alignIn(
  history: readonly EpochRecord[],
  best: EpochRecord | undefined,
): "left" | "center" | "right" {
  const place = best ? history.indexOf(best) / Math.max(1, history.length - 1) : 0;
  return history.length === 1 ? "center" : place < 0.15 ? "left" : place > 0.85 ? "right" : "center";
}

/** Ticks at round epochs only, and the first; an axis of one epoch has room on both sides. */
function epochAxis(history: readonly EpochRecord[]) {
  const [first, last] = [history[0]?.epoch ?? 1, history.at(-1)?.epoch ?? 1];
  const step = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000].find((s) => (last - first) / s <= 10) ?? last;
  const ticks = step < 5 ? [] : [first];
  for (let epoch = Math.ceil(first / step) * step; epoch <= last; epoch += step) ticks.push(epoch);
  return {
    field: "epoch",
    type: "quantitative",
    title: "epoch",
    scale: { domain: first === last ? [first - 1, first + 1] : [first, last], nice: false },
    axis: { values: ticks, format: "d", grid: false, domain: true, domainColor: RULE, labelFlush: false },
  } as const;
}
