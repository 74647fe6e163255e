/**
 * Who it is, and under which circumstances the picture was taken: all that a face shows and that says nothing
 * about its emotion. The more of it there is, the less a classifier gets from comparing pixels.
 */

import type { Camera, Light, Pose } from "./canvas.ts";
import {
  anyColour,
  type Colour,
  dim,
  hairColour,
  irisColour,
  luma,
  mix,
  skinColour,
  vividColour,
} from "./colour.ts";
import type { Random } from "./random.ts";

export type HairStyle = "bald" | "short" | "long" | "parted" | "fringe" | "curly" | "cap" | "scarf";

/** What a face is made of, in units of the face. */
export interface Person {
  readonly skin: Colour;
  readonly hair: Colour;
  readonly brow: Colour;
  readonly lip: Colour;
  readonly iris: Colour;
  readonly shirt: Colour;
  /** The colour of a cap, a scarf or a mask. */
  readonly cloth: Colour;
  readonly style: HairStyle;
  /** -1 or 1: the side to which the hair is combed. */
  readonly side: -1 | 1;
  /** Half the width of the head; half its height is 1. */
  readonly headWidth: number;
  readonly jaw: number;
  readonly hairline: number;
  readonly eyeDistance: number;
  readonly eyeWidth: number;
  readonly eyeHeight: number;
  readonly browThickness: number;
  readonly noseLength: number;
  readonly noseWidth: number;
  readonly mouthHeight: number;
  readonly lipThickness: number;
  /** 0 shaven to 1 full. */
  readonly beard: number;
  readonly moustache: number;
  readonly freckles: boolean;
}

/** Somebody; every call is somebody else. */
export function drawPerson(random: Random): Person {
  const skin = skinColour(random);
  const hair = hairColour(random);
  const bearded = random.chance(0.13);
  // Lips are redder than the skin, and darker or (made up, or in the light) brighter than it.
  const lip = mix(dim(skin, random.uniform(0.62, 0.95)), [0.75, 0.2, 0.24], random.uniform(0.15, 0.6));
  return {
    skin,
    hair,
    brow: mix(hair, dim(skin, 0.45), luma(hair) > luma(skin) * 0.8 ? 0.7 : 0.2),
    lip,
    iris: irisColour(random),
    shirt: anyColour(random),
    cloth: anyColour(random),
    style: random.pick([
      "bald",
      "short",
      "short",
      "long",
      "long",
      "parted",
      "fringe",
      "curly",
      "cap",
      "scarf",
    ]),
    side: random.pick([-1, 1]),
    headWidth: random.uniform(0.7, 0.86),
    jaw: random.uniform(0.05, 0.38),
    hairline: random.uniform(-0.72, -0.5),
    eyeDistance: random.uniform(0.3, 0.38),
    eyeWidth: random.uniform(0.17, 0.22),
    eyeHeight: random.uniform(-0.16, -0.06),
    browThickness: random.uniform(0.045, 0.075),
    noseLength: random.uniform(0.24, 0.36),
    noseWidth: random.uniform(0.09, 0.15),
    mouthHeight: random.uniform(0.46, 0.58),
    lipThickness: random.uniform(0.04, 0.07),
    beard: bearded ? random.uniform(0.3, 0.9) : 0,
    moustache: bearded && random.chance(0.7) ? random.uniform(0.4, 1) : 0,
    freckles: random.chance(0.08),
  };
}

/** How the head is turned: out of the picture's plane, as the sine of the angle. */
export interface Turn {
  readonly yaw: number;
  readonly pitch: number;
}

/** A look a little to the side, up or down. */
export function drawTurn(random: Random): Turn {
  return { yaw: random.jitter(0.16), pitch: random.jitter(0.05) };
}

/** A face that fills most of a picture of `size` pixels, a little off its centre and a little slanted. */
export function drawPose(random: Random, size: number): Pose {
  // cos and sin from the tangent of half the angle need no trigonometry: t = 0.08 is about 9 degrees.
  const t = random.jitter(0.08);
  const scale = size * random.uniform(0.43, 0.48);
  return {
    centreX: size / 2 + random.jitter(size * 0.025),
    centreY: size / 2 + random.jitter(size * 0.025),
    scale,
    cos: (1 - t * t) / (1 + t * t),
    sin: (2 * t) / (1 + t * t),
  };
}

/** A lamp somewhere before the face, above it as a rule. */
export function drawLight(random: Random): Light {
  const x = random.uniform(-1, 1);
  const y = random.uniform(-1, 0.35);
  const z = random.uniform(0.35, 1.2);
  const length = Math.sqrt(x * x + y * y + z * z);
  const diffuse = random.uniform(0.2, 0.45);
  // What the lamp does not give, the room does: a face seen from the front stays about as bright.
  const ambient = random.uniform(0.95, 1.15) - (diffuse * z) / length;
  return { x: x / length, y: y / length, z: z / length, ambient: Math.max(0.25, ambient), diffuse };
}

/** A camera and what becomes of its film: sharp or soft, coarse or fine, in many colours or two. */
export function drawCamera(random: Random): Camera {
  const warm = random.jitter(0.16);
  return {
    tint: [1 + warm, 1 + random.jitter(0.05), 1 - warm],
    brightness: random.jitter(0.1),
    ...drawPrint(random),
    blur: random.chance(0.5) ? random.uniform(0.2, 0.8) : 0,
    noise: random.chance(0.6) ? random.uniform(0.005, 0.016) : 0,
  };
}

/** A photo in colour or in black and white, or a poster in two colours, whose paper may be the dark one. */
function drawPrint(random: Random): Pick<Camera, "print" | "ink" | "paper" | "contrast"> {
  const dark = dim(vividColour(random), random.uniform(0, 0.3));
  const bright = mix([1.05, 1.05, 1.05], vividColour(random), random.uniform(0, 0.4));
  const kind = random.uniform();
  const contrast = random.uniform(1.15, 1.4);
  if (kind < 0.26) return { print: 1, ink: bright, paper: dark, contrast };
  if (kind < 0.36) return { print: 1, ink: dark, paper: bright, contrast };
  return {
    print: kind < 0.5 ? 1 : 0,
    ink: [0, 0, 0],
    paper: [1, 1, 1],
    contrast: random.uniform(0.85, 1.15),
  };
}
