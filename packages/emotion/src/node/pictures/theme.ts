/**
 * How all pictures look: every colour, type size and margin of the package stands here, and nowhere else.
 *
 * The idea is seaborn's: little ink that is not data. White ground, no frames, pale grid lines under the marks, grey
 * text for what repeats and dark text for what is new. The four emotions have colours that stay apart for all three
 * kinds of colour blindness, because they differ in lightness and in blue against yellow, not in red against green
 * alone; a test measures that.
 */

import type { Config } from "vega-lite";
import type { Emotion } from "../../classes.ts";

/** The only family that pictures use; its files come with the package, so that every machine draws the same. */
export const FONT = "Inter";

/** Pixels of the PNG per unit of the drawing: 2, so that text is sharp on dense screens. */
export const SCALE = 2;

/** White space round every picture, in units of the drawing. */
export const MARGIN = 24;

export const INK = "#1f2430";
export const INK_SOFT = "#5d6675";
export const GROUND = "#ffffff";
export const GRID = "#e6e9ee";
export const RULE = "#99a1ae";
/** Cells and tracks that hold no data. */
export const EMPTY = "#eef0f4";
/** The one colour of charts that have but one kind of mark. */
export const ACCENT = "#2a6fb5";

/** The colour of each emotion, in every picture. */
export const EMOTION_COLOURS: Readonly<Record<Emotion, string>> = {
  happy: "#eda02c",
  neutral: "#a3abb8",
  sad: "#2a6fb5",
  surprise: "#a8336f",
};

/** For classes that are none of ours. */
const OTHER_COLOURS = ["#3d8f7c", "#7d62b5", "#c9653f", "#66752f"];

/** The colour of a class by its name. */
export function classColour(name: string, index: number): string {
  const known: Readonly<Record<string, string>> = EMOTION_COLOURS;
  return known[name] ?? OTHER_COLOURS[index % OTHER_COLOURS.length]!;
}

/** How to turn the names under columns that are `room` units wide, so that long ones don't run into each other. */
export function nameAngle(names: readonly string[], room: number): 0 | -35 {
  const longest = Math.max(0, ...names.map((name) => name.length));
  return longest * 0.62 * TEXT.label.size > room ? -35 : 0;
}

/** Training and validation: blue and orange, the two hues that nobody confuses. */
export const SERIES = { train: ACCENT, validation: "#e07b2a" } as const;

/** From nothing to everything, in even steps of lightness; near white to near black, so that it prints in grey too. */
export const SEQUENTIAL = [
  "#f5f9fe",
  "#dfebf7",
  "#c5daef",
  "#9fc8e3",
  "#6caed6",
  "#3181bd",
  "#1b66ad",
  "#0d4b92",
  "#08306b",
] as const;

/** Whether text on a cell of `SEQUENTIAL`, 0 to 1, reads better in white. */
export const isDark = (level: number) => level > 0.58;

/** Type sizes. Three weights are there: 400, 500 and 600. */
export const TEXT = {
  title: { size: 17, weight: 600 },
  subtitle: { size: 12, weight: 400 },
  heading: { size: 14, weight: 600 },
  label: { size: 12, weight: 400 },
  strong: { size: 12, weight: 500 },
  note: { size: 10.5, weight: 400 },
} as const;

/** What vega-lite must know of all this. Axis lines and ticks are left out, the grid does their work. */
export const CONFIG: Config = {
  font: FONT,
  background: GROUND,
  padding: MARGIN,
  view: { stroke: null },
  mark: { invalid: "show" }, // each chart leaves out what is no number itself
  title: {
    anchor: "start",
    color: INK,
    fontSize: TEXT.title.size,
    fontWeight: TEXT.title.weight,
    subtitleColor: INK_SOFT,
    subtitleFontSize: TEXT.subtitle.size,
    subtitlePadding: 6,
    subtitleLineHeight: 17,
    offset: 18,
  },
  axis: {
    domain: false,
    ticks: false,
    gridColor: GRID,
    labelColor: INK,
    labelFontSize: TEXT.label.size,
    labelPadding: 7,
    titleColor: INK_SOFT,
    titleFontSize: TEXT.label.size,
    titleFontWeight: TEXT.strong.weight,
    titlePadding: 12,
  },
  legend: {
    labelColor: INK,
    labelFontSize: TEXT.label.size,
    titleColor: INK_SOFT,
    titleFontSize: TEXT.label.size,
    titleFontWeight: TEXT.strong.weight,
  },
};

/** Ticks of an axis of shares: "5 %", with as many digits as the steps need. */
export const PERCENT_AXIS = { format: "%", labelExpr: "replace(datum.label, '%', '\u00a0%')" };

/** A share as people read it: `percent(0.648, 1)` is "64.8 %", held together by a no-break space. */
export function percent(share: number, digits = 0): string {
  return `${(100 * share).toFixed(digits)}\u00a0%`;
}

/** A count with a comma at the thousands, whatever the machine's language. */
export function thousands(count: number): string {
  return count.toLocaleString("en-US");
}

/** "1 image", "2 images", "15,109 images". */
export function plural(count: number, noun: string): string {
  return `${thousands(count)} ${noun}${count === 1 ? "" : "s"}`;
}
