/**
 * What comes between the face and the camera: glasses, a mask, a hand, a bar. Three faces in four have
 * none of it, and few lose more than one feature.
 */

import type { Canvas } from "./canvas.ts";
import { anyColour, dim } from "./colour.ts";
import type { Person } from "./person.ts";
import type { Turned } from "./portrait.ts";
import type { Random } from "./random.ts";
import { both, box, egg, ellipse, line, outline } from "./shapes.ts";

/** Glasses now and then, and one of the others more seldom. */
export function paintOcclusions(canvas: Canvas, person: Person, turned: Turned, random: Random): void {
  if (random.chance(0.18)) paintGlasses(canvas, person, turned, random);
  const what = random.uniform();
  if (what < 0.008) paintMask(canvas, person, turned, random);
  else if (what < 0.07) paintHand(canvas, person, random);
  else if (what < 0.11) paintBar(canvas, random);
}

/** Round or square, clear or dark. */
function paintGlasses(canvas: Canvas, person: Person, turned: Turned, random: Random): void {
  const frame = dim(anyColour(random), 0.5);
  const round = random.chance(0.5);
  const thickness = random.uniform(0.018, 0.035);
  const y = turned.y(person.eyeHeight);
  const tinted = random.chance(0.15) ? random.uniform(0.3, 0.8) : 0.06;
  for (const side of [-1, 1]) {
    const at = side * person.eyeDistance;
    const width = 0.25 * turned.narrow(at);
    const glass = round ? ellipse(turned.x(at), y, width, 0.23) : box(turned.x(at), y, width, 0.19, 0.08);
    canvas.paint(glass, tinted > 0.1 ? [0.08, 0.08, 0.1] : [0.9, 0.95, 1], tinted);
    canvas.paint(outline(glass, thickness), frame);
    const temple = turned.x(side * (person.eyeDistance + 0.25));
    canvas.paint(line(temple, y - 0.04, side * person.headWidth, y - 0.06, thickness), frame);
  }
  canvas.paint(line(turned.x(-0.1), y - 0.03, turned.x(0.1), y - 0.03, thickness), frame);
}

/** A mask over mouth and nose: what is left to read are eyes and brows. */
function paintMask(canvas: Canvas, person: Person, turned: Turned, random: Random): void {
  const cloth = box(turned.x(0), turned.y(0.58), person.headWidth, 0.36, 0.15);
  const colour = random.chance(0.5) ? person.cloth : ([0.75, 0.85, 0.9] as const);
  canvas.paint(both(egg(0, 0, person.headWidth * 1.02, 1.02, person.jaw), cloth), colour);
}

/** Three fingers that come from the side, over a cheek or a temple. */
function paintHand(canvas: Canvas, person: Person, random: Random): void {
  const side = random.chance(0.5) ? 1 : -1;
  const top = random.uniform(-0.8, 0.9);
  const reach = random.uniform(0.45, 0.75);
  const slope = random.uniform(-0.4, 0.4);
  for (let finger = 0; finger < 3; finger++) {
    const y = top + finger * 0.16;
    canvas.paint(line(side * 1.3, y + slope, side * reach, y, 0.095), dim(person.skin, 0.55));
    canvas.paint(line(side * 1.3, y + slope, side * reach, y, 0.08), dim(person.skin, 0.92));
  }
}

/** A thin bar across the picture: a railing, a twig, a strand of hair. */
function paintBar(canvas: Canvas, random: Random): void {
  const x = random.uniform(-0.9, 0.9);
  const lean = random.uniform(-1.5, 1.5);
  canvas.paint(line(x - lean, -2, x + lean, 2, 0.05), anyColour(random), random.uniform(0.6, 1));
}
