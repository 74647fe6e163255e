/**
 * Colours are measured, not judged: seen through each kind of colour blindness the emotions must stay apart, and the
 * numbers on a heat map must be readable at every level.
 */

import { expect, test } from "vitest";
import {
  EMOTION_COLOURS,
  GROUND,
  INK,
  INK_SOFT,
  isDark,
  percent,
  plural,
  SEQUENTIAL,
  SERIES,
} from "./theme.ts";

type Rgb = readonly [number, number, number];

/** Linear light, 0 to 1. */
function light(hex: string): Rgb {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

const times = (matrix: readonly Rgb[], [r, g, b]: Rgb) =>
  matrix.map((row) => row[0] * r + row[1] * g + row[2] * b) as unknown as Rgb;

/** Machado, Oliveira, Fernandes, 2009, severity 1: what is seen without one kind of cone. */
const SIGHT: Readonly<Record<string, readonly Rgb[]>> = {
  "full sight": [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** CIELAB under D65. */
function lab(colour: Rgb): Rgb {
  const xyz = times(
    [
      [0.4124, 0.3576, 0.1805],
      [0.2126, 0.7152, 0.0722],
      [0.0193, 0.1192, 0.9505],
    ],
    colour,
  );
  const [x, y, z] = [xyz[0] / 0.95047, xyz[1], xyz[2] / 1.08883].map((t) =>
    t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116,
  ) as unknown as Rgb;
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

test.each(Object.keys(SIGHT))("colours stay apart in %s", (sight) => {
  const seen = (hex: string) =>
    lab(times(SIGHT[sight]!, light(hex)).map((v) => Math.min(1, Math.max(0, v))) as unknown as Rgb);
  for (const palette of [Object.values(EMOTION_COLOURS), Object.values(SERIES)]) {
    palette.forEach((a, i) => {
      for (const b of palette.slice(i + 1)) {
        const [p, q] = [seen(a), seen(b)];
        expect(Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]), `${a} and ${b}`).toBeGreaterThan(25);
      }
    });
  }
});

/** WCAG's contrast, 1 to 21. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => times([[0.2126, 0.7152, 0.0722]], light(hex))[0]!;
  const [dark, bright] = [luminance(a), luminance(b)].sort((p, q) => p - q) as [number, number];
  return (bright + 0.05) / (dark + 0.05);
}

/** The colour at a level, as the chart mixes it: linearly between neighbours. */
function mixed(level: number): string {
  const at = level * (SEQUENTIAL.length - 1);
  const [from, to] = [SEQUENTIAL[Math.floor(at)]!, SEQUENTIAL[Math.ceil(at)]!];
  const channel = (i: number) => {
    const [a, b] = [from, to].map((hex) => Number.parseInt(hex.slice(i, i + 2), 16)) as [number, number];
    return Math.round(a + (b - a) * (at % 1))
      .toString(16)
      .padStart(2, "0");
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}

test("numbers are readable on every cell of a heat map", () => {
  for (let level = 0; level <= 1; level += 0.01) {
    expect(contrast(mixed(level), isDark(level) ? GROUND : INK), `level ${level}`).toBeGreaterThan(3.2);
  }
  expect(contrast(INK_SOFT, GROUND)).toBeGreaterThan(4.5);
});

test("numbers read the same in every language of the machine", () => {
  expect(percent(0.6484, 1)).toBe("64.8\u00a0%");
  expect(plural(15109, "image")).toBe("15,109 images");
  expect(plural(1, "image")).toBe("1 image");
});
