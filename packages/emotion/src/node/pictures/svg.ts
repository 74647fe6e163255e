/**
 * The few words of SVG that pictures of faces are written in, and two ways to make a long text fit.
 *
 * SVG has neither line breaks nor "too long": a text is one line, as wide as it comes out. So whoever writes it must
 * know its width beforehand, which is what `Measure` is for.
 */

import { FONT, GROUND, INK } from "./theme.ts";

export interface TextStyle {
  readonly size: number;
  readonly weight: number;
}

/** How wide a text will be drawn, in units of the drawing; `openMeasure` in render.ts makes one. */
export type Measure = (text: string, style: TextStyle) => number;

/** Makes a text safe inside an element or an attribute. */
export function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

/** A whole picture of the given size with a white ground. */
export function svgDocument(width: number, height: number, marks: readonly string[]): string {
  const size = `width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${FONT}">` +
    `<rect width="${width}" height="${height}" fill="${GROUND}"/>${marks.join("")}</svg>`
  );
}

export interface TextLook extends TextStyle {
  readonly fill?: string;
  /** Which point of the text stands at x. Default: its start. */
  readonly anchor?: "start" | "middle" | "end";
}

/** One line of text; `y` is its baseline. */
export function textMark(x: number, y: number, content: string, look: TextLook): string {
  const { size, weight, fill = INK, anchor = "start" } = look;
  return (
    `<text x="${round(x)}" y="${round(y)}" font-size="${size}" font-weight="${weight}" fill="${fill}" ` +
    `text-anchor="${anchor}">${escapeXml(content)}</text>`
  );
}

export function rectMark(
  x: number,
  y: number,
  width: number,
  height: number,
  fill: string,
  radius = 0,
): string {
  const place = `x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"`;
  return `<rect ${place} rx="${radius}" fill="${fill}"/>`;
}

/** An embedded image, whose pixels stay squares with sharp edges however large they are drawn. */
export function imageMark(x: number, y: number, side: number, href: string): string {
  const place = `x="${round(x)}" y="${round(y)}" width="${side}" height="${side}"`;
  return `<image ${place} href="${href}" image-rendering="optimizeSpeed"/>`;
}

const round = (value: number) => Math.round(value * 100) / 100;

/** Cuts the middle out of a text that is too wide: the names of files differ at their ends. */
export function shorten(text: string, width: number, style: TextStyle, measure: Measure): string {
  const full = measure(text, style);
  if (full <= width) return text;
  const letters = Array.from(text);
  const cut = (kept: number) =>
    `${letters.slice(0, Math.ceil(kept / 2)).join("")}…${letters.slice(letters.length - Math.floor(kept / 2)).join("")}`;
  let kept = Math.floor((letters.length * width) / full); // about right; "…" takes a little more
  while (kept > 0 && measure(cut(kept), style) > width) kept--;
  return cut(kept);
}

/** Breaks a text into lines at its spaces and line ends; a word that is too wide by itself is shortened. */
export function wrap(text: string, width: number, style: TextStyle, measure: Measure): string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    for (const word of paragraph.split(" ")) {
      const longer = lines.length > 0 ? `${lines.at(-1)} ${word}` : word;
      if (lines.length > 0 && measure(longer, style) <= width) lines[lines.length - 1] = longer;
      else lines.push(shorten(word, width, style, measure));
    }
    return lines;
  });
}
