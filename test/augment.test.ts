/**
 * Augmentation: each transform is torchvision's, all of them together read the image once, and the draws keep to their
 * bounds.
 *
 * The golden values came from `test/golden/augment.py`. The grey of contrast and saturation is the one difference:
 * torchvision's weighs red by 0.2989, ours by 0.299, so a factor of f moves a pixel by at most 1e-4 * |1 - f|.
 */

import { readFileSync } from "node:fs";
import {
  type Augmentation,
  DEFAULT_AUGMENTATION,
  IMAGENET_NORMALISATION,
  type ImageTransform,
  identityTransforms,
  randomTransform,
  randomTransforms,
  transformValues,
} from "@mien/emotion";
import { type AugmentOptions, augment, type Device, Generator, scope, tensor } from "mien";
import { afterAll, describe, expect, test } from "vitest";
import { openTestDevices } from "./support/devices.ts";

interface Golden {
  readonly name: string;
  readonly size: number;
  readonly transform: Partial<ImageTransform>;
  readonly normalise: boolean;
  /** In millionths; null where a crop reaches its own edge. */
  readonly values: readonly (number | null)[];
}

const golden = JSON.parse(
  readFileSync(new URL("golden/augment.json", import.meta.url), "utf8"),
) as readonly Golden[];

const { present } = await openTestDevices();

afterAll(() => {
  for (const { device } of present) device.dispose();
});

/** The same noise on a slope as in `augment.py`. */
function noise(size: number): Uint8Array<ArrayBuffer> {
  let state = 1;
  return Uint8Array.from({ length: 3 * size * size }, (_, index) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (Math.floor((255 * (index % size)) / size) + (state >>> 24)) >> 1;
  });
}

/** Rises to the right and downwards by whole grey levels, so that bytes hold it exactly. */
function slope(size: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: 3 * size * size }, (_, index) => {
    const [column, row] = [index % size, Math.floor(index / size) % size];
    return 20 + 2 * column + 3 * row;
  });
}

const RAW: AugmentOptions = { mean: [0, 0, 0], std: [1, 1, 1] };

/** One image through the kernel, [3, size, size]. */
async function augmented(
  device: Device,
  image: Uint8Array<ArrayBuffer>,
  transform: Partial<ImageTransform>,
  options = RAW,
) {
  const size = Math.sqrt(image.length / 3);
  const out = scope(() =>
    augment(
      tensor(image, { device, dtype: "uint8", shape: [1, 3, size, size] }),
      tensor(Int32Array.of(0), { device, dtype: "int32" }),
      tensor(Float32Array.from(transformValues(transform)), { device, shape: [1, 10] }),
      options,
    ),
  );
  const values = await out.data();
  out.dispose();
  return values;
}

/** A point, measured from the image's centre. */
type Point = readonly [x: number, y: number];
/** Where an output point comes from. */
type Warp = (point: Point) => Point;

const mirrored: Warp = ([x, y]) => [-x, y];

function turned(degrees: number): Warp {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return ([x, y]) => [cos * x + sin * y, cos * y - sin * x];
}

function cropped(side: number, dx: number, dy: number): Warp {
  return ([x, y]) => [side * x + dx, side * y + dy];
}

/** One bilinear pass over a plane [size, size] in float64; outside it is 0. */
function resampled(plane: Float64Array, size: number, warp: Warp): Float64Array {
  const centre = (size - 1) / 2;
  return plane.map((_, i) => {
    const [x, y] = warp([(i % size) - centre, Math.floor(i / size) - centre]);
    const [column, row] = [x + centre, y + centre];
    let value = 0;
    for (const h of [Math.floor(row), Math.floor(row) + 1]) {
      for (const w of [Math.floor(column), Math.floor(column) + 1]) {
        const inside = h >= 0 && h < size && w >= 0 && w < size;
        if (inside) value += (1 - Math.abs(row - h)) * (1 - Math.abs(column - w)) * plane[h * size + w]!;
      }
    }
    return value;
  });
}

function worstDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((worst, value, i) => Math.max(worst, Math.abs(value - b[i]!)), 0);
}

describe.each(present)("on $label", ({ device }) => {
  test.each(golden)(
    "$name at $size pixels is torchvision's",
    async ({ size, transform, normalise, values }) => {
      const options = normalise ? IMAGENET_NORMALISATION : RAW;
      const actual = await augmented(device, noise(size), transform, options);
      const stride = Math.ceil(actual.length / values.length);
      const places = [...values.keys()].filter((i) => values[i] !== null);
      expect(places.length).toBeGreaterThan(0.6 * values.length);
      const worst = worstDifference(
        places.map((i) => actual[i * stride]!),
        places.map((i) => values[i]! / 1e6),
      );
      expect(worst).toBeLessThan(1e-4);
    },
  );

  describe("mirror, rotation and crop together", () => {
    const size = 48;
    const chain = { mirror: true, angle: 6, side: 0.8, dx: 0.6, dy: -0.8 };
    const [turn, crop] = [turned(chain.angle), cropped(chain.side, chain.dx, chain.dy)];

    /** Red as the kernel makes it, in one pass of the composed map, and in a pass per transform. */
    async function threeWays(image: Uint8Array<ArrayBuffer>) {
      const red = Float64Array.from(image.subarray(0, size * size), (value) => value / 255);
      const fused = (await augmented(device, image, chain)).subarray(0, size * size);
      const once = resampled(red, size, (point) => mirrored(turn(crop(point))));
      const thrice = resampled(resampled(resampled(red, size, mirrored), size, turn), size, crop);
      return { fused, once, thrice };
    }

    test("are the composition of the three, where resampling loses nothing", async () => {
      const { fused, thrice } = await threeWays(slope(size));
      expect(worstDifference(fused, thrice)).toBeLessThan(1e-5);
    });

    test("resample once, where each pass would blur", async () => {
      const { fused, once, thrice } = await threeWays(noise(size));
      expect(worstDifference(fused, once)).toBeLessThan(1e-5);
      expect(worstDifference(fused, thrice)).toBeGreaterThan(0.05);
    });
  });
});

describe("1,000 draws", () => {
  const COUNT = 1000;
  const size = 48;
  const { rotation, cropScale, brightness, contrast, saturation, hue } = DEFAULT_AUGMENTATION;
  const generator = new Generator(11);
  const draws = Array.from({ length: COUNT }, () =>
    randomTransform(size, 3, DEFAULT_AUGMENTATION, generator),
  );
  /** How far a crop's centre can go. */
  const slack = ({ side }: ImageTransform) => (size * (1 - side)) / 2;

  /** Mean, spread and bounds of a uniform distribution; four standard errors are granted. */
  function expectUniform(values: readonly number[], low: number, high: number): void {
    const spread = (high - low) / Math.sqrt(12);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean - (low + high) / 2)).toBeLessThan((4 * spread) / Math.sqrt(values.length));
    // A uniform distribution's kurtosis is 1.8, which makes the error of its spread small.
    expect(Math.abs(Math.sqrt(variance) / spread - 1)).toBeLessThan(4 * Math.sqrt(0.8 / 4 / values.length));
    expect(Math.min(...values)).toBeGreaterThanOrEqual(low);
    expect(Math.max(...values)).toBeLessThanOrEqual(high);
  }

  const uniform: readonly [name: string, of: (draw: ImageTransform) => number, low: number, high: number][] =
    [
      ["rotation", ({ angle }) => angle, -rotation, rotation],
      ["kept area", ({ side }) => side ** 2, ...cropScale],
      ["offset to the right", (draw) => draw.dx / slack(draw), -1, 1],
      ["offset downwards", (draw) => draw.dy / slack(draw), -1, 1],
      ["brightness", (draw) => draw.brightness, 1 - brightness, 1 + brightness],
      ["contrast", (draw) => draw.contrast, 1 - contrast, 1 + contrast],
      ["saturation", (draw) => draw.saturation, 1 - saturation, 1 + saturation],
      ["hue", (draw) => draw.hue, -hue, hue],
    ];

  test.each(uniform)("%s is uniform between its bounds", (_, of, low, high) => {
    // Rounding may carry an offset over its slack, or a squared side, past the end by a digit.
    expectUniform(draws.map(of), low - 1e-12, high + 1e-12);
  });

  test("half of the images are mirrored", () => {
    const share = draws.filter(({ mirror }) => mirror).length / COUNT;
    expect(Math.abs(share - 0.5)).toBeLessThan(4 * Math.sqrt(0.25 / COUNT));
  });

  test("the images' own brightness varies as the factors do", async () => {
    const { device } = present[0]!;
    const upright: Augmentation = { ...DEFAULT_AUGMENTATION, rotation: 0, cropScale: [1, 1] };
    const means = scope(() => {
      const faces = new Uint8Array(3 * 4 * 4).fill(128);
      const transforms = randomTransforms(COUNT, 4, 3, upright, new Generator(3));
      const images = augment(
        tensor(faces, { device, dtype: "uint8", shape: [1, 3, 4, 4] }),
        tensor(new Int32Array(COUNT), { device, dtype: "int32" }),
        tensor(transforms, { device, shape: [COUNT, 10] }),
        RAW,
      );
      return images.mean([1, 2, 3]);
    });
    const grey = 128 / 255;
    const values = Array.from(await means.data(), (mean) => mean / grey);
    means.dispose();
    expectUniform(values, 1 - brightness - 1e-6, 1 + brightness + 1e-6);
  });
});

describe("what a seed means", () => {
  test("stays: trainings repeat", () => {
    const draw = randomTransform(48, 3, DEFAULT_AUGMENTATION, new Generator(1));
    expect(draw).toMatchInlineSnapshot(`
      {
        "angle": -13.26855182647705,
        "brightness": 0.9964545488357544,
        "contrast": 1.0360885620117188,
        "dx": 2.138567235070062,
        "dy": -0.554134108230006,
        "hue": 0.007149932384490968,
        "mirror": false,
        "saturation": 1.0671774387359618,
        "side": 0.8955573913760757,
      }
    `);
  });

  test("a batch is one draw after another", () => {
    const [together, apart] = [new Generator(5), new Generator(5)];
    const batch = randomTransforms(3, 48, 3, DEFAULT_AUGMENTATION, together);
    const single = () => transformValues(randomTransform(48, 3, DEFAULT_AUGMENTATION, apart));
    expect(batch).toEqual(Float32Array.from([...single(), ...single(), ...single()]));
    expect(together.state).toEqual(apart.state);
  });

  test("grey images draw no colours", () => {
    const [grey, colour] = [new Generator(5), new Generator(5)];
    const draw = randomTransform(48, 1, DEFAULT_AUGMENTATION, grey);
    const { saturation: _, hue: __, ...rest } = randomTransform(48, 3, DEFAULT_AUGMENTATION, colour);
    expect(draw).toEqual({ ...rest, saturation: 1, hue: 0 });
    expect(grey.state.counter).toBe(colour.state.counter - 2);
  });

  test("nothing changes without a transform", () => {
    const identity = [1, 0, 0, 0, 1, 0, 1, 1, 1, 0];
    expect(worstDifference(identityTransforms(2), [...identity, ...identity])).toBe(0);
  });
});
