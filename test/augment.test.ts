/**
 * Augmentation: each transform is torchvision's, all of them together read the image once, and the draws keep to their
 * bounds.
 *
 * The golden values came from `test/golden/augment.py`. The grey of contrast and saturation is the one difference:
 * torchvision's weighs red by 0.2989, ours by 0.299, which is less than 1e-4 of full brightness.
 */

import { readFileSync } from "node:fs";
import {
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
const reference = present.find(({ label }) => label === "reference")!.device;

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

describe.each(present)("on $label", ({ device }) => {
  test.each(golden)("$name at $size pixels is torchvision's", async ({ size, transform, normalise, values }) => {
    const options = normalise ? IMAGENET_NORMALISATION : RAW;
    const actual = await augmented(device, noise(size), transform, options);
    const stride = Math.ceil(actual.length / values.length);
    let compared = 0;
    let worst = 0;
    values.forEach((value, i) => {
      if (value === null) return;
      compared += 1;
      worst = Math.max(worst, Math.abs(actual[i * stride]! - value / 1e6));
    });
    expect(worst).toBeLessThan(1e-4);
    expect(compared).toBeGreaterThan(0.6 * values.length);
  });
});
