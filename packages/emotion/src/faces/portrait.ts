/**
 * Painting a head, from back to front: neck, hair behind, ears, head, eyes, brows, nose, mouth, beard, hair before.
 *
 * A turned head is drawn flat, with its features moved: `Turned` carries a point of the face, seen from the front,
 * to where it is seen after the turn, and says by how much things there look narrower.
 */

import type { Canvas } from "./canvas.ts";
import { type Colour, dim, mix } from "./colour.ts";
import type { Expression } from "./expression.ts";
import type { Person, Turn } from "./person.ts";
import { above, arc, below, both, box, egg, ellipse, lens, line, outline } from "./shapes.ts";

const WHITE: Colour = [0.95, 0.94, 0.92];
const DARK: Colour = [0.1, 0.05, 0.05];

/** Where the points of a face are seen when the head is turned. */
export class Turned {
  readonly #turn: Turn;
  readonly #radius: number;
  readonly #cos: number;

  constructor(turn: Turn, headWidth: number) {
    this.#turn = turn;
    this.#radius = headWidth * 1.05;
    this.#cos = Math.sqrt(1 - turn.yaw * turn.yaw);
  }

  x(x: number): number {
    const depth = Math.sqrt(Math.max(0, this.#radius * this.#radius - x * x));
    return x * this.#cos + depth * this.#turn.yaw;
  }

  y(y: number): number {
    return y + this.#turn.pitch;
  }

  /** How much of its width a thing at `x` shows. */
  narrow(x: number): number {
    const depth = Math.sqrt(Math.max(0.1, this.#radius * this.#radius - x * x));
    return Math.min(1, Math.max(0.45, this.#cos - (x / depth) * this.#turn.yaw));
  }
}

/** Neck, shoulders and the hair that falls behind them. */
export function paintBehind(canvas: Canvas, person: Person, turned: Turned): void {
  const { headWidth, style, hair, skin } = person;
  const lean = turned.x(0) * 0.3;
  if (style === "long") canvas.paint(box(-lean, 0.25, headWidth * 1.2, 1.15, 0.6), dim(hair, 0.8));
  if (style === "curly") canvas.paint(ellipse(-lean, -0.3, headWidth * 1.38, 1.0), hair);
  if (style === "scarf") canvas.paint(egg(-lean, 0.05, headWidth * 1.25, 1.2, 0), dim(person.cloth, 0.85));
  canvas.paint(box(0, 1.75, 1.25, 0.62, 0.4), person.shirt);
  canvas.paint(box(-lean * 0.5, 1.05, headWidth * 0.55, 0.35, 0.1), dim(skin, 0.72));
}

/** The bare head: skull, ears, nose, cheeks. */
export function paintHead(canvas: Canvas, person: Person, expression: Expression, turned: Turned): void {
  const { skin, headWidth } = person;
  if (person.style !== "scarf" && person.style !== "long") {
    for (const side of [-1, 1]) {
      const x = side * headWidth - turned.x(0) * 0.35;
      canvas.paint(ellipse(x, 0, 0.12, 0.2), dim(skin, 0.85));
    }
  }
  canvas.paint(egg(0, 0, headWidth, 1, person.jaw), skin);
  if (person.freckles) {
    for (let index = 0; index < 8; index++) {
      const x = (index % 2 === 0 ? -1 : 1) * (0.16 + 0.06 * (index % 3));
      canvas.paint(ellipse(turned.x(x), turned.y(0.12 + 0.035 * index), 0.02, 0.02), dim(skin, 0.6), 0.7);
    }
  }
  for (const side of [-1, 1]) {
    const x = side * person.eyeDistance * 1.25;
    const blush = mix(skin, [0.95, 0.35, 0.35], 0.3);
    canvas.paint(ellipse(turned.x(x), turned.y(0.27), 0.17, 0.12), blush, 0.55 * expression.cheeks);
  }
  paintNose(canvas, person, turned);
}

function paintNose(canvas: Canvas, person: Person, turned: Turned): void {
  const { skin, noseLength, noseWidth } = person;
  const tipX = turned.x(0) * 1.18;
  const tipY = turned.y(noseLength);
  const shade = dim(skin, 0.72);
  canvas.paint(
    line(turned.x(0.05), turned.y(-0.05), tipX + noseWidth * 0.6, tipY - 0.05, 0.022),
    shade,
    0.45,
  );
  canvas.paint(ellipse(tipX, tipY, noseWidth, 0.07), mix(skin, shade, 0.35), 0.8);
  canvas.paint(line(tipX, tipY - 0.22, tipX, tipY - 0.04, 0.03), mix(skin, WHITE, 0.5), 0.5);
  for (const side of [-1, 1]) {
    canvas.paint(ellipse(tipX + side * noseWidth * 0.55, tipY + 0.045, 0.035, 0.022), dim(skin, 0.35), 0.85);
  }
}

/** Eyes, lids and brows. */
export function paintEyes(canvas: Canvas, person: Person, expression: Expression, turned: Turned): void {
  const { skin, eyeWidth } = person;
  const { upperLid, lowerLid, eyeDroop, browTilt, browArch } = expression;
  const lash = dim(mix(skin, DARK, 0.8), 0.8);
  for (const side of [-1, 1]) {
    const at = side * person.eyeDistance;
    const x = turned.x(at);
    const y = turned.y(person.eyeHeight);
    const width = eyeWidth * turned.narrow(at);
    const slope = side * eyeDroop;
    const [upper, lower] = [-upperLid * 1.35, lowerLid * 1.35];
    canvas.paint(ellipse(x, y - 0.02, width * 1.35, 0.15), dim(skin, 0.82), 0.4);
    const opening = lens(x, y, width, { upper, lower, tilt: slope });
    if (upperLid + lowerLid > 0.035) {
      canvas.paint(opening, WHITE);
      const [gazeX, gazeY] = [x + expression.gazeX, y + expression.gazeY];
      canvas.paint(both(ellipse(gazeX, gazeY - 0.01, 0.078, 0.082), opening), person.iris);
      canvas.paint(both(ellipse(gazeX, gazeY - 0.01, 0.042, 0.045), opening), DARK);
      canvas.paint(ellipse(gazeX + 0.03, gazeY - 0.04, 0.018, 0.018), WHITE, 0.8);
      canvas.paint(arc(x, y, width, { sag: lower, tilt: slope, radius: 0.016 }), lash, 0.45);
    }
    canvas.paint(arc(x, y, width * 1.05, { sag: upper, tilt: slope, radius: 0.034 }), lash, 0.9);
    const browY = y - 0.2 - upperLid * 0.5 - expression.browRaise;
    canvas.paint(
      arc(x + side * 0.02, browY, width * 1.35, {
        sag: -browArch,
        tilt: side * browTilt,
        radius: person.browThickness,
      }),
      person.brow,
      0.92,
    );
  }
}

/** Lines that an expression folds into the skin. */
export function paintFolds(canvas: Canvas, person: Person, expression: Expression, turned: Turned): void {
  const shade = dim(person.skin, 0.66);
  const { cheeks, frown, mouthWidth } = expression;
  for (const side of [-1, 1]) {
    const x = side * (mouthWidth + 0.07);
    const fold = line(
      turned.x(side * 0.19),
      turned.y(0.3),
      turned.x(x),
      turned.y(person.mouthHeight - 0.02),
      0.018,
    );
    canvas.paint(fold, shade, 0.15 + 0.5 * cheeks);
  }
  for (const height of [-0.52, -0.6]) {
    canvas.paint(arc(turned.x(0), turned.y(height), 0.32, { sag: -0.03, radius: 0.016 }), shade, 0.6 * frown);
  }
}

/** A closed mouth is a stroke, a laughing one a crescent, an astonished one an oval. */
export function paintMouth(canvas: Canvas, person: Person, expression: Expression, turned: Turned): void {
  const { lip, lipThickness } = person;
  const { mouthSag, mouthOpen, mouthTilt } = expression;
  const x = turned.x(0);
  const y = turned.y(person.mouthHeight) - mouthSag / 2;
  const width = expression.mouthWidth * turned.narrow(0);
  if (expression.mouthRound) {
    const height = Math.max(mouthOpen, 0.09);
    const centre = turned.y(person.mouthHeight) + height * 0.3;
    const hole = ellipse(x, centre, width, height * 0.75);
    canvas.paint(ellipse(x, centre, width + lipThickness, height * 0.75 + lipThickness), lip);
    canvas.paint(hole, DARK);
    canvas.paint(both(ellipse(x, centre + height * 0.7, width, height * 0.4), hole), [0.62, 0.2, 0.22], 0.8);
    if (expression.teeth) canvas.paint(above(hole, centre - height * 0.42), WHITE, 0.9);
    return;
  }
  if (mouthOpen > 0) {
    const upper = mouthSag - mouthOpen * 0.15;
    const lower = mouthSag + mouthOpen * 0.95;
    const hole = lens(x, y, width, { upper, lower, tilt: mouthTilt });
    canvas.paint(
      lens(x, y, width + lipThickness / 2, { upper, lower, tilt: mouthTilt, grow: lipThickness * 0.8 }),
      lip,
    );
    canvas.paint(hole, DARK);
    if (mouthOpen > 0.1) {
      canvas.paint(
        both(ellipse(x, y + lower, width * 0.55, mouthOpen * 0.35), hole),
        [0.68, 0.22, 0.25],
        0.85,
      );
    }
    if (expression.teeth) {
      const edge = { upper, lower: upper + mouthOpen * 0.5, tilt: mouthTilt };
      canvas.paint(lens(x, y, width * 0.92, edge), WHITE);
    }
    return;
  }
  canvas.paint(
    arc(x, y + 0.015, width, { sag: mouthSag, tilt: mouthTilt, radius: lipThickness * 1.35 }),
    lip,
    0.85,
  );
  canvas.paint(
    arc(x, y, width * 1.03, { sag: mouthSag, tilt: mouthTilt, radius: 0.022 }),
    mix(lip, DARK, 0.75),
  );
}

/** Beard and moustache; painted before the mouth, which stays free of them. */
export function paintBeard(canvas: Canvas, person: Person, turned: Turned): void {
  const { beard, moustache, hair } = person;
  if (beard > 0) {
    const chin = below(egg(0, 0, person.headWidth, 1.02, person.jaw), turned.y(0.42), 0.36);
    canvas.paint(chin, hair, beard * 0.65);
  }
  if (moustache > 0) {
    const y = turned.y((person.noseLength + person.mouthHeight) / 2 + 0.03);
    canvas.paint(arc(turned.x(0), y + 0.05, 0.26, { sag: -0.06, radius: 0.055 }), hair, moustache * 0.9);
  }
}

/** Hair, or what covers it, over the forehead. */
export function paintHair(canvas: Canvas, person: Person, turned: Turned): void {
  const { style, hair, headWidth, cloth } = person;
  const hairline = turned.y(person.hairline);
  const scalp = egg(0, -0.03, headWidth * 1.06, 1.06, person.jaw);
  switch (style) {
    case "bald":
      canvas.paint(ellipse(0, -0.72, headWidth * 0.4, 0.16), WHITE, 0.18);
      return;
    case "short":
      canvas.paint(above(scalp, hairline, 0.6), hair);
      return;
    case "long":
      canvas.paint(above(scalp, hairline, 1.9), hair);
      return;
    case "parted":
      canvas.paint(above(scalp, hairline + 0.06, 0.6, 0.28 * person.side), hair);
      return;
    case "fringe":
      canvas.paint(above(scalp, hairline + 0.2, 0.3), hair);
      return;
    case "curly":
      canvas.paint(above(egg(0, -0.1, headWidth * 1.15, 1.08, 0), hairline, 0.6), dim(hair, 0.92));
      return;
    case "cap":
      canvas.paint(above(egg(0, -0.08, headWidth * 1.08, 1.06, 0), hairline + 0.06), cloth);
      canvas.paint(
        lens(turned.x(0) * 1.2, hairline + 0.05, headWidth * 1.05, { upper: -0.06, lower: 0.1, grow: 0.02 }),
        dim(cloth, 0.7),
      );
      return;
    case "scarf":
      canvas.paint(above(scalp, hairline - 0.05, 1.1), cloth);
      canvas.paint(outline(egg(0, 0.02, headWidth * 0.98, 1.0, person.jaw), 0.07), cloth);
      return;
    default:
      style satisfies never;
  }
}
