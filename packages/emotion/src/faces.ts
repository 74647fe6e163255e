/**
 * The built-in faces: a data set that is drawn, not downloaded, so that `npm start` learns something on any
 * machine within a minute, and every test knows its data.
 *
 * `faces/` holds what a face is made of: `expression.ts` (the emotion), `person.ts` (who, and in which light),
 * `portrait.ts` and `occlusion.ts` (painting). A face depends on its emotion and its seed alone: the same pair is
 * the same picture on every machine.
 */

import { ArgumentError } from "@mien/tensor";
import { EMOTIONS, type Emotion } from "./classes.ts";
import { Canvas } from "./faces/canvas.ts";
import { anyColour, mix } from "./faces/colour.ts";
import { expressionOf } from "./faces/expression.ts";
import { paintOcclusions } from "./faces/occlusion.ts";
import { drawCamera, drawLight, drawPerson, drawPose, drawTurn } from "./faces/person.ts";
import {
  paintBeard,
  paintBehind,
  paintEyes,
  paintFolds,
  paintHair,
  paintHead,
  paintMouth,
  Turned,
} from "./faces/portrait.ts";
import { Random } from "./faces/random.ts";
import { box, ellipse, line } from "./faces/shapes.ts";
import { type FaceData, type ImageSet, SPLITS, type Split } from "./images.ts";

/** Sizes of the three parts, and which faces they hold. */
export interface BuiltInFacesOptions {
  readonly train?: number;
  readonly validation?: number;
  readonly test?: number;
  /** Another seed gives other faces throughout. */
  readonly seed?: number;
}

const SIZE = 48;
const COUNTS: Readonly<Record<Split, number>> = { train: 4000, validation: 400, test: 800 };
/** Each part has this many seeds for itself, so no face of one part can turn up in another. */
const SEEDS_PER_SPLIT = 1_000_000;
const LARGEST_SEED = 2 ** 31 - 1;

/**
 * One drawn face with the given emotion.
 *
 * @param seed an integer from 0 to 2^53 - 1; every seed is another person in another light.
 * @param size width and height in pixels.
 * @returns RGB, planar: `[3, size, size]`.
 * @throws ArgumentError when `seed` or `size` is out of range.
 */
export function drawFace(emotion: Emotion, seed: number, size = SIZE): Uint8Array {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new ArgumentError(
      `drawFace: seed out of range, got ${seed}, expected an integer from 0 to 2^53 - 1`,
    );
  }
  if (!Number.isInteger(size) || size < 8 || size > 1024) {
    throw new ArgumentError(`drawFace: size out of range, got ${size}, expected an integer from 8 to 1024`);
  }
  const face = new Uint8Array(3 * size * size);
  paintFace(new Canvas(size), emotion, seed, face);
  return face;
}

/** From back to front, and at last light and camera. */
function paintFace(canvas: Canvas, emotion: Emotion, seed: number, bytes: Uint8Array): void {
  const random = new Random(seed, EMOTIONS.indexOf(emotion));
  const person = drawPerson(random);
  const turned = new Turned(drawTurn(random), person.headWidth);
  const expression = expressionOf(emotion, random);
  canvas.place(drawPose(random, canvas.size));
  paintBackground(canvas, random);
  paintBehind(canvas, person, turned);
  paintHead(canvas, person, expression, turned);
  paintBeard(canvas, person, turned);
  paintFolds(canvas, person, expression, turned);
  paintMouth(canvas, person, expression, turned);
  paintEyes(canvas, person, expression, turned);
  paintHair(canvas, person, turned);
  canvas.illuminate(drawLight(random), person.headWidth * 1.05, 1.05);
  paintOcclusions(canvas, person, turned, random);
  canvas.develop(drawCamera(random), random, bytes);
}

/** A wall, and now and then something on it. */
function paintBackground(canvas: Canvas, random: Random): void {
  const wall = anyColour(random);
  canvas.backdrop(wall, mix(wall, anyColour(random), 0.5));
  for (let thing = random.below(3); thing > 0; thing--) {
    const x = random.uniform(-1.5, 1.5);
    const y = random.uniform(-1.5, 1.2);
    const colour = mix(wall, anyColour(random), 0.6);
    switch (random.below(3)) {
      case 0:
        canvas.paint(box(x, y, random.uniform(0.2, 0.7), random.uniform(0.2, 0.7), 0.05), colour);
        break;
      case 1:
        canvas.paint(ellipse(x, y, random.uniform(0.15, 0.6), random.uniform(0.15, 0.6)), colour);
        break;
      default:
        canvas.paint(line(x, -1.6, random.uniform(-1.5, 1.5), 1.6, random.uniform(0.04, 0.2)), colour);
    }
  }
}

/**
 * A data set of drawn faces: classes balanced, order shuffled, no face in two parts.
 *
 * The faces of a part do not depend on the sizes of the others.
 *
 * @throws ArgumentError when a size or the seed is out of range.
 */
export function builtInFaces(options: BuiltInFacesOptions = {}): FaceData {
  const seed = options.seed ?? 0;
  if (!Number.isInteger(seed) || seed < 0 || seed > LARGEST_SEED) {
    throw new ArgumentError(
      `builtInFaces: seed out of range, got ${seed}, expected an integer from 0 to ${LARGEST_SEED}`,
    );
  }
  const draw = (split: Split): ImageSet => drawSplit(split, options[split] ?? COUNTS[split], seed);
  const [train, validation, test] = [draw("train"), draw("validation"), draw("test")];
  const source = `built-in faces, seed ${seed}: ${train.count} train, ${validation.count} validation, ${test.count} test`;
  return { train, validation, test, source };
}

function drawSplit(split: Split, count: number, seed: number): ImageSet {
  if (!Number.isInteger(count) || count < 0 || count > SEEDS_PER_SPLIT) {
    throw new ArgumentError(
      `builtInFaces: ${split} out of range, got ${count}, expected an integer from 0 to ${SEEDS_PER_SPLIT}`,
    );
  }
  const firstSeed = (seed * SPLITS.length + SPLITS.indexOf(split)) * SEEDS_PER_SPLIT;
  const length = 3 * SIZE * SIZE;
  const images = new Uint8Array(count * length);
  const canvas = new Canvas(SIZE);
  const labels = shuffledLabels(count, new Random(firstSeed, EMOTIONS.length));
  for (let index = 0; index < count; index++) {
    const face = images.subarray(index * length, (index + 1) * length);
    paintFace(canvas, EMOTIONS[labels[index]!]!, firstSeed + index, face);
  }
  return { images, labels, count, channels: 3, size: SIZE };
}

/** Every class as often as the others, give or take one, in random order (Fisher and Yates). */
function shuffledLabels(count: number, random: Random): Int32Array {
  const labels = Int32Array.from({ length: count }, (_, index) => index % EMOTIONS.length);
  for (let last = count - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const label = labels[last]!;
    labels[last] = labels[other]!;
    labels[other] = label;
  }
  return labels;
}
