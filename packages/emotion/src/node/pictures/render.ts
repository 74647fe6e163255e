/**
 * From the description of a picture to the bytes of a PNG, in two steps: vega-lite makes an SVG of a chart's
 * specification, and resvg makes pixels of an SVG. Pictures of faces skip the first step and write their SVG by hand.
 *
 * The idea is that no step asks the machine about its fonts. An SVG only names a font; whoever draws it must find it,
 * and whoever lays it out must guess how wide each word will be. Both use the Inter files that come with the package:
 * resvg draws with nothing else, and vega asks resvg how wide a text is, so titles and labels stand where they were
 * meant to, also on a server that has no fonts at all. The same data gives the same bytes.
 *
 * vega and resvg are imported by the first picture, not by the program: a command that draws nothing doesn't wait.
 */

import { createRequire } from "node:module";
import { ArgumentError } from "@mien/tensor";
import type { ResvgRenderOptions } from "@resvg/resvg-js";
import type { TopLevelSpec } from "vega-lite";
import { escapeXml, type Measure } from "./svg.ts";
import { CONFIG, FONT, GROUND, SCALE } from "./theme.ts";

/** One chart of several that stand side by side. */
export type Panel = Extract<TopLevelSpec, { readonly hconcat: unknown }>["hconcat"][number];

/** One of the marks that lie over each other in a chart. */
export type Layer = Extract<TopLevelSpec, { readonly layer: unknown }>["layer"][number];

/** The largest side of a picture, in pixels; beyond it viewers give up, and so does memory. */
const MAX_SIDE = 16_384;

const FONT_FILES = ["400Regular", "500Medium", "600SemiBold"];

let fontOptions: ResvgRenderOptions["font"];

function fonts(): NonNullable<ResvgRenderOptions["font"]> {
  const { resolve } = createRequire(import.meta.url);
  fontOptions ??= {
    loadSystemFonts: false,
    fontFiles: FONT_FILES.map((name) => resolve(`@expo-google-fonts/inter/${name}/Inter_${name}.ttf`)),
    defaultFontFamily: FONT,
  };
  return fontOptions;
}

/**
 * Draws an SVG on white, `SCALE` pixels to the unit.
 *
 * @throws ArgumentError when the picture would be wider or higher than 16,384 pixels
 */
export async function svgToPng(svg: string): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  const picture = new Resvg(withoutControls(svg), {
    background: GROUND,
    fitTo: { mode: "zoom", value: SCALE },
    font: fonts(),
  });
  const [width, height] = [Math.ceil(SCALE * picture.width), Math.ceil(SCALE * picture.height)];
  if (Math.max(width, height) > MAX_SIDE) {
    throw new ArgumentError(
      `picture: too large, got ${width} x ${height} pixels, expected at most ${MAX_SIDE} a side. ` +
        "Help: draw fewer faces, or more of them in a row",
    );
  }
  return picture.render().asPng();
}

/** The SVG of a chart, laid out with the true widths of its texts. */
export async function chartToSvg(spec: TopLevelSpec): Promise<string> {
  const [vega, { compile }, measure] = await Promise.all([
    import("vega"),
    import("vega-lite"),
    openMeasure(),
  ]);
  measureOurFont(vega, measure);
  const view = new vega.View(vega.parse(compile(spec, { config: CONFIG }).spec), { renderer: "none" });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** The PNG of a chart. */
export async function chartToPng(spec: TopLevelSpec): Promise<Uint8Array> {
  return svgToPng(await chartToSvg(spec));
}

const widths = new Map<string, number>();

/** Loads resvg and returns a function that measures texts with it; widths are remembered, a new one takes 1 ms. */
export async function openMeasure(): Promise<Measure> {
  const { Resvg } = await import("@resvg/resvg-js");
  return (text, { size, weight }) => {
    const key = `${weight} ${size} ${text}`;
    const known = widths.get(key);
    if (known !== undefined) return known;
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text font-family="${FONT}" ` +
      `font-size="${size}" font-weight="${weight}">${escapeXml(text)}</text></svg>`;
    const width = new Resvg(withoutControls(svg), { font: fonts() }).getBBox()?.width ?? 0;
    widths.set(key, width);
    return width;
  };
}

/** The hook that vega offers to measure texts, which its types leave out. */
interface TextMetrics {
  width(item: TextItem, text: unknown): number;
}

/** What vega knows of a text; above `limit` it is cut off, so it is never wider. */
interface TextItem {
  readonly font?: string;
  readonly fontSize?: number;
  readonly fontWeight?: number;
  readonly limit?: number;
}

const hooked = new WeakSet<TextMetrics>();

/** Has vega ask `measure` about texts in our font; other charts of the same process keep what they had. */
function measureOurFont(vega: object, measure: Measure): void {
  const { textMetrics } = vega as { readonly textMetrics: TextMetrics };
  if (hooked.has(textMetrics)) return;
  const others = textMetrics.width;
  textMetrics.width = (item, text) => {
    if (item.font !== FONT) return others(item, text);
    const width = measure(String(text ?? "").trim(), {
      size: item.fontSize ?? 11,
      weight: item.fontWeight ?? 400,
    });
    return item.limit ? Math.min(width, item.limit) : width;
  };
  hooked.add(textMetrics);
}

/** File names may hold characters that no XML may; each becomes the sign for "unreadable". */
function withoutControls(svg: string): string {
  return svg.replace(/[^\P{Cc}\n\t]|[\ufffe\uffff]/gu, "\ufffd");
}
