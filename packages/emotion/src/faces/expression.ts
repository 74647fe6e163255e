/**
 * What an emotion does to a face: mouth, eyes and brows, as a few numbers each.
 *
 * The recipes follow what Ekman and Friesen's facial action coding system lists for the four: a smile pulls the
 * corners of the mouth up and narrows the eyes from below; sadness lowers the corners, lifts the inner ends of the
 * brows and lets the lids hang; surprise raises the brows, opens the eyes and drops the jaw. How strong it shows
 * differs from face to face, and people's features at rest differ, too, so no single number gives an emotion away.
 */

import type { Emotion } from "../classes.ts";
import type { Random } from "./random.ts";

/** Lengths are in units of the face; heights grow downwards, so a positive `sag` of a mouth is a smile. */
export interface Expression {
  /** Half the width of the mouth. */
  readonly mouthWidth: number;
  /** How far the middle of the mouth hangs below its corners. */
  readonly mouthSag: number;
  /** The height of the gap between the lips; 0 is a closed mouth. */
  readonly mouthOpen: number;
  /** A dropped jaw makes the open mouth an oval instead of a crescent. */
  readonly mouthRound: boolean;
  readonly mouthTilt: number;
  readonly teeth: boolean;
  /** How far the lids open above and below the middle of the eye. */
  readonly upperLid: number;
  readonly lowerLid: number;
  /** How far the outer corner of the eye hangs, as a slope. */
  readonly eyeDroop: number;
  readonly gazeX: number;
  readonly gazeY: number;
  /** How far the brows stand above their place at rest. */
  readonly browRaise: number;
  /** Positive when the inner ends are lifted. */
  readonly browTilt: number;
  readonly browArch: number;
  /** Raised cheeks and the lines beside a smile, 0 to 1. */
  readonly cheeks: number;
  /** Lines across the forehead, 0 to 1. */
  readonly frown: number;
}

/** The face of this emotion on somebody; every call is another one. */
export function expressionOf(emotion: Emotion, random: Random): Expression {
  const strength = random.uniform(0.75, 1);
  const rest: Expression = {
    mouthWidth: random.uniform(0.28, 0.38),
    mouthSag: random.jitter(0.03),
    mouthOpen: 0,
    mouthRound: false,
    mouthTilt: random.jitter(0.1),
    teeth: false,
    upperLid: random.uniform(0.08, 0.11),
    lowerLid: random.uniform(0.06, 0.08),
    eyeDroop: random.jitter(0.15),
    gazeX: random.jitter(0.07),
    gazeY: random.jitter(0.03),
    browRaise: random.jitter(0.05),
    browTilt: random.jitter(0.12),
    browArch: random.uniform(0.02, 0.07),
    cheeks: 0,
    frown: 0,
  };
  switch (emotion) {
    case "happy":
      return happy(rest, strength, random);
    case "neutral":
      return { ...rest, mouthOpen: random.chance(0.2) ? random.uniform(0.02, 0.05) : 0 };
    case "sad":
      return sad(rest, strength, random);
    case "surprise":
      return surprise(rest, strength, random);
    default:
      return emotion satisfies never;
  }
}

function happy(rest: Expression, strength: number, random: Random): Expression {
  const laughing = random.chance(0.55);
  return {
    ...rest,
    mouthWidth: rest.mouthWidth + 0.1 * strength,
    mouthSag: rest.mouthSag + (laughing ? 0.12 : 0.3) * strength,
    mouthOpen: laughing ? random.uniform(0.2, 0.34) * strength : 0,
    teeth: laughing && random.chance(0.8),
    upperLid: rest.upperLid * (1 - 0.25 * strength),
    lowerLid: rest.lowerLid * (1 - random.uniform(0.6, 1.6) * strength),
    browRaise: rest.browRaise + 0.03 * strength,
    browArch: rest.browArch + 0.03 * strength,
    cheeks: strength,
  };
}

function sad(rest: Expression, strength: number, random: Random): Expression {
  const sobbing = random.chance(0.25);
  return {
    ...rest,
    mouthWidth: rest.mouthWidth - 0.02 * strength,
    mouthSag: rest.mouthSag - random.uniform(0.2, 0.28) * strength,
    mouthOpen: sobbing ? random.uniform(0.06, 0.14) * strength : 0,
    teeth: sobbing && random.chance(0.3),
    upperLid: rest.upperLid * (1 - 0.35 * strength),
    eyeDroop: rest.eyeDroop + 0.25 * strength,
    gazeY: rest.gazeY + random.uniform(0, 0.04) * strength,
    browTilt: rest.browTilt + random.uniform(0.35, 0.6) * strength,
    browArch: rest.browArch * (1 - strength),
    frown: random.uniform(0, 0.6) * strength,
  };
}

function surprise(rest: Expression, strength: number, random: Random): Expression {
  return {
    ...rest,
    mouthWidth: random.uniform(0.15, 0.24) * (0.6 + 0.4 * strength),
    mouthSag: 0,
    mouthOpen: random.uniform(0.28, 0.46) * strength,
    mouthRound: true,
    teeth: random.chance(0.2),
    upperLid: rest.upperLid + 0.08 * strength,
    lowerLid: rest.lowerLid + 0.06 * strength,
    gazeY: rest.gazeY / 2,
    browRaise: rest.browRaise + random.uniform(0.12, 0.2) * strength,
    browArch: rest.browArch + 0.06 * strength,
    frown: random.uniform(0, 1) * strength,
  };
}
