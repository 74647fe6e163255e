/**
 * What the model said about faces: each face beside a bar per class.
 *
 * The face is drawn with its pixels as clear squares, because that is all the model was given: who sees 48 x 48 pixels
 * judges its mistakes more mildly. All probabilities are shown, not the winner's alone; 40 % against 39 % is no verdict.
 */

import { EMOTIONS } from "../../classes.ts";
import { type Face, faceSide, faceUrl } from "./face-image.ts";
import { openMeasure, svgToPng } from "./render.ts";
import { imageMark, type Measure, rectMark, shorten, svgDocument, textMark } from "./svg.ts";
import { classColour, EMPTY, INK_SOFT, MARGIN, percent, TEXT } from "./theme.ts";

export interface PredictedFace extends Face {
  /** The file's name, or whatever says which face this is. */
  readonly name: string;
  /** `[K]`, in the order of the classes. */
  readonly probabilities: ArrayLike<number>;
}

export interface PredictionOptions {
  /** Default: the four emotions. */
  readonly classes?: readonly string[];
  /** Faces side by side. Default: 1 up to six faces, then 2, from 25 on 3. */
  readonly columns?: number;
}

const BARS_WIDTH = 300;
/** The most that the names of the classes may take of it. */
const LABEL_WIDTH = 150;
const BAR = { height: 14, least: 22, most: 30 };
/** From the top of a face to where its bars begin: two lines of title. */
const HEAD = 58;
const GAP = { face: 24, column: 44, row: 32, label: 10, value: 8 };

/**
 * Draws predictions as a PNG, a row for each face.
 *
 * @throws ArgumentError when an image does not fit its shape, or when there are too many for one picture
 */
export async function drawPredictions(
  faces: readonly PredictedFace[],
  options: PredictionOptions = {},
): Promise<Uint8Array> {
  return svgToPng(predictionsSvg(faces, options, await openMeasure()));
}

/** The same as SVG. */
export function predictionsSvg(
  faces: readonly PredictedFace[],
  { classes = EMOTIONS, columns = columnsFor(faces.length) }: PredictionOptions,
  measure: Measure,
): string {
  const sides = faces.map(({ size }) => faceSide(size, faces.length === 1 ? 192 : 144));
  const side = Math.max(0, ...sides);
  const height = Math.max(side, HEAD + BAR.least * classes.length);
  const width = side + GAP.face + BARS_WIDTH;
  const across = Math.min(columns, Math.max(1, faces.length));
  const marks = faces.map((face, i) => {
    const x = MARGIN + (i % across) * (width + GAP.column);
    const y = MARGIN + Math.floor(i / across) * (height + GAP.row);
    return [
      imageMark(x + (side - sides[i]!) / 2, y, sides[i]!, faceUrl(face)),
      ...verdict(face, classes, { x: x + side + GAP.face, y, height }, measure),
    ].join("");
  });
  const rows = Math.max(1, Math.ceil(faces.length / across));
  return svgDocument(
    2 * MARGIN + across * width + (across - 1) * GAP.column,
    2 * MARGIN + rows * height + (rows - 1) * GAP.row,
    marks,
  );
}

function columnsFor(faces: number): number {
  return faces <= 6 ? 1 : faces <= 24 ? 2 : 3;
}

interface Place {
  readonly x: number;
  readonly y: number;
  readonly height: number;
}

/** The two lines of title and the bars. */
function verdict(face: PredictedFace, classes: readonly string[], place: Place, measure: Measure): string[] {
  const { x, y, height } = place;
  const shares = classes.map((_, c) => face.probabilities[c] ?? 0);
  const winner = shares.indexOf(Math.max(...shares));
  const pitch = Math.min(BAR.most, (height - HEAD) / classes.length);
  const names = classes.map((name) => shorten(name, LABEL_WIDTH, TEXT.strong, measure));
  const labels = Math.max(...names.map((name) => measure(name, TEXT.strong)));
  const values = measure(percent(1, 1), TEXT.strong);
  const from = x + labels + GAP.label;
  const length = BARS_WIDTH - labels - values - GAP.label - GAP.value;
  return [
    textMark(x, y + 11, shorten(face.name, BARS_WIDTH, TEXT.subtitle, measure), {
      ...TEXT.subtitle,
      fill: INK_SOFT,
    }),
    textMark(x, y + 34, `${names[winner]}, ${percent(shares[winner]!, 1)}`, TEXT.title),
    ...classes.flatMap((name, c) => {
      const middle = y + HEAD + (c + 0.5) * pitch;
      const top = middle - BAR.height / 2;
      const look = c === winner ? TEXT.strong : TEXT.label;
      return [
        textMark(from - GAP.label, middle + 4, names[c]!, { ...look, anchor: "end" }),
        rectMark(from, top, length, BAR.height, EMPTY, 2),
        rectMark(from, top, Math.max(0, length * shares[c]!), BAR.height, classColour(name, c), 2),
        textMark(x + BARS_WIDTH, middle + 4, percent(shares[c]!, 1), { ...look, anchor: "end" }),
      ];
    }),
  ];
}
