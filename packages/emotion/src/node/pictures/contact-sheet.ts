/**
 * A contact sheet: many faces in a grid, each with a caption, in sections with headings.
 *
 * It serves whatever is best judged by looking: the most confident mistakes, groups of duplicates, one face augmented
 * 32 times. The layout runs once from top to bottom: each part draws itself at a height and says where it ended.
 */

import { ArgumentError } from "@mien/tensor";
import { type Face, faceSide, faceUrl } from "./face-image.ts";
import { openMeasure, svgToPng } from "./render.ts";
import {
  imageMark,
  type Measure,
  rectMark,
  shorten,
  svgDocument,
  type TextLook,
  textMark,
  wrap,
} from "./svg.ts";
import { INK_SOFT, MARGIN, plural, TEXT } from "./theme.ts";

export interface SheetCell extends Face {
  /** Stands under the face, broken into as many lines as it takes: "sad, said happy 98 %". */
  readonly caption?: string;
  /** A smaller line under the caption, such as a file's name; its middle is left out where it is too long. */
  readonly note?: string;
  /** A strip of this colour under the face. */
  readonly colour?: string;
}

export interface SheetSection {
  readonly heading?: string;
  readonly cells: readonly SheetCell[];
}

export interface ContactSheet {
  readonly title: string;
  readonly subtitle?: string;
  readonly sections: readonly SheetSection[];
  /** Faces in a row. Default: 8, or fewer when no section has as many. */
  readonly columns?: number;
  /** The most rows of a section; what is left out is counted beneath. Default: all. */
  readonly rows?: number;
}

/** Units that a face is wide, about; 48 pixels come out as exactly 96. */
const FACE = 96;
const GAP = { column: 16, row: 18, section: 26 };
const STRIP = 4;
const LINE = { title: 22, subtitle: 17, caption: 15, note: 14 };
/** A sheet is at least this wide, so that a title over two faces isn't broken into ten lines. */
const LEAST_WIDTH = 360;

const CAPTION: TextLook = { ...TEXT.label, size: 11.5 };
const NOTE: TextLook = { ...TEXT.note, fill: INK_SOFT };
const SUBTITLE: TextLook = { ...TEXT.subtitle, fill: INK_SOFT };

/**
 * Draws the sheet as a PNG.
 *
 * @throws ArgumentError when an image does not fit its shape, or the sheet is too large for one picture
 */
export async function drawContactSheet(sheet: ContactSheet): Promise<Uint8Array> {
  return svgToPng(contactSheetSvg(sheet, await openMeasure()));
}

/** The same as SVG. */
export function contactSheetSvg(sheet: ContactSheet, measure: Measure): string {
  const { title, subtitle, sections, rows = Number.POSITIVE_INFINITY } = sheet;
  const columns = sheet.columns ?? Math.min(8, Math.max(1, ...sections.map(({ cells }) => cells.length)));
  if (!(columns >= 1) || !(rows >= 1)) {
    throw new ArgumentError(
      `contact sheet: got ${rows} rows of ${columns} faces, expected at least 1 of each`,
    );
  }
  const side = Math.max(
    FACE,
    ...sections.flatMap(({ cells }) => cells.map(({ size }) => faceSide(size, FACE))),
  );
  const pitch = side + GAP.column;
  const width = Math.max(LEAST_WIDTH, columns * pitch - GAP.column);
  const marks: string[] = [];
  let y = MARGIN - 4;

  const lines = (text: string, look: TextLook, height: number) => {
    for (const line of wrap(text, width, look, measure)) {
      y += height;
      marks.push(textMark(MARGIN, y, line, look));
    }
  };

  lines(title, TEXT.title, LINE.title);
  if (subtitle) lines(subtitle, SUBTITLE, LINE.subtitle);
  for (const { heading, cells } of sections) {
    y += GAP.section;
    if (heading) {
      lines(heading, TEXT.heading, LINE.subtitle - 6);
      y += 12;
    }
    const shown = cells.slice(0, rows * columns);
    for (let first = 0; first < shown.length; first += columns) {
      const row = shown.slice(first, first + columns).map((cell, i) => {
        return drawCell(cell, MARGIN + i * pitch, y, side, measure);
      });
      marks.push(...row.map((drawn) => drawn.marks));
      y = Math.max(...row.map((drawn) => drawn.bottom)) + (first + columns < shown.length ? GAP.row : 0);
    }
    const left = cells.length - shown.length;
    if (left > 0) lines(`${plural(left, "more face")}, not shown`, SUBTITLE, LINE.subtitle + 6);
  }
  return svgDocument(2 * MARGIN + width, Math.ceil(y) + MARGIN, marks);
}

/** One face with what stands beneath it, and where that ends. */
function drawCell(cell: SheetCell, x: number, top: number, side: number, measure: Measure) {
  const own = faceSide(cell.size, FACE);
  const marks = [imageMark(x, top + side - own, own, faceUrl(cell))];
  let bottom = top + side;
  if (cell.colour) {
    marks.push(rectMark(x, bottom, own, STRIP, cell.colour));
    bottom += STRIP;
  }
  for (const line of cell.caption ? wrap(cell.caption, side, CAPTION, measure) : []) {
    bottom += LINE.caption;
    marks.push(textMark(x, bottom, line, CAPTION));
  }
  if (cell.note) {
    bottom += LINE.note;
    marks.push(textMark(x, bottom, shorten(cell.note, side, NOTE, measure), NOTE));
  }
  return { marks: marks.join(""), bottom };
}
