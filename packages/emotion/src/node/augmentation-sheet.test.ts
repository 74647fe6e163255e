import { ArgumentError } from "@mien/tensor";
import { openDevice } from "mien";
import { PNG } from "pngjs";
import { afterAll, expect, test } from "vitest";
import type { ImageSet } from "../images.ts";
import { drawAugmentationSheet } from "./augmentation-sheet.ts";

const device = await openDevice("reference");

afterAll(() => device.dispose());

const draw = async (options: Parameters<typeof drawAugmentationSheet>[0]) =>
  Buffer.from(await drawAugmentationSheet({ device, ...options }));

test("one built-in face 32 times, the same for the same seed", async () => {
  const sheet = Buffer.from(await drawAugmentationSheet());
  const { width, height } = PNG.sync.read(sheet);
  expect([width, height]).toEqual([1856, 1430]);
  expect(Buffer.from(await drawAugmentationSheet()).equals(sheet)).toBe(true);
});

test("another seed gives another sheet", async () => {
  const [one, other] = [await draw({ count: 4, seed: 1 }), await draw({ count: 4, seed: 2 })];
  expect(PNG.sync.read(one).width).toBe(PNG.sync.read(other).width);
  expect(one.equals(other)).toBe(false);
});

test("grey faces of one's own", async () => {
  const images = Uint8Array.from({ length: 2 * 20 * 20 }, (_, i) => (7 * i) % 256);
  const faces: ImageSet = { images, labels: Int32Array.of(0, 3), count: 2, channels: 1, size: 20 };
  expect(PNG.sync.read(await draw({ faces, index: 1, count: 3 })).width).toBeGreaterThan(0);
  await expect(draw({ faces, index: 2 })).rejects.toThrow(ArgumentError);
});
