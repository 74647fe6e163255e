/**
 * Colours of people and of what surrounds them. A colour is three numbers from 0 to 1: red, green, blue.
 */

import type { Random } from "./random.ts";

export type Colour = readonly [red: number, green: number, blue: number];

/** Skin from light to dark; what lies between two neighbours is skin, too. */
const SKINS: readonly Colour[] = [
  [0.98, 0.87, 0.79],
  [0.94, 0.78, 0.67],
  [0.88, 0.68, 0.53],
  [0.76, 0.56, 0.4],
  [0.64, 0.45, 0.32],
  [0.52, 0.35, 0.25],
  [0.41, 0.27, 0.2],
];

const HAIRS: readonly [Colour, ...Colour[]] = [
  [0.09, 0.07, 0.07],
  [0.13, 0.09, 0.07],
  [0.24, 0.15, 0.1],
  [0.4, 0.25, 0.14],
  [0.55, 0.27, 0.13],
  [0.8, 0.62, 0.35],
  [0.92, 0.8, 0.55],
  [0.62, 0.61, 0.6],
  [0.9, 0.89, 0.87],
  [0.75, 0.3, 0.5],
  [0.25, 0.4, 0.62],
];

const IRISES: readonly [Colour, ...Colour[]] = [
  [0.2, 0.12, 0.08],
  [0.33, 0.2, 0.1],
  [0.3, 0.42, 0.28],
  [0.28, 0.45, 0.62],
];

/** The colour at `share` of the way from `a` to `b`. */
export function mix(a: Colour, b: Colour, share: number): Colour {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

/** The colour with its light multiplied by `factor`. */
export function dim(colour: Colour, factor: number): Colour {
  return [colour[0] * factor, colour[1] * factor, colour[2] * factor];
}

/** How bright a colour looks, 0 to 1. */
export function luma(colour: Colour): number {
  return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2];
}

/** A pure colour of random hue, as on a poster. */
export function vividColour(random: Random): Colour {
  const hue = random.uniform(0, 6);
  const ramp = (centre: number): number => {
    const turn = Math.abs(hue - centre);
    return Math.min(1, Math.max(0, 2 - Math.min(turn, 6 - turn)));
  };
  return [ramp(0), ramp(2), ramp(4)];
}

/** Any colour of paint or cloth: a random hue, paled and darkened. */
export function anyColour(random: Random): Colour {
  const paled = mix(vividColour(random), [0.75, 0.75, 0.75], random.uniform(0.2, 0.8));
  return dim(paled, random.uniform(0.15, 0.95));
}

export function skinColour(random: Random): Colour {
  const place = random.uniform(0, SKINS.length - 1);
  const first = Math.floor(place);
  return mix(SKINS[first] ?? [0, 0, 0], SKINS[first + 1] ?? [0, 0, 0], place - first);
}

export function hairColour(random: Random): Colour {
  return dim(random.pick(HAIRS), random.uniform(0.85, 1.1));
}

export function irisColour(random: Random): Colour {
  return random.pick(IRISES);
}
