/**
 * One face as training sees it: as it is, and many times augmented, on a contact sheet.
 *
 * The loader's batch is drawn, not a copy of its arithmetic, so the sheet shows what the network gets: the
 * normalisation is undone, and nothing else.
 */

import { type Device, Generator, openDevice, scope } from "mien";
import { EMOTIONS } from "../classes.ts";
import { FaceLoader } from "../face-loader.ts";
import { builtInFaces } from "../faces.ts";
import { type ImageSet, imageAt } from "../images.ts";
import { type Augmentation, DEFAULT_AUGMENTATION, IMAGENET_NORMALISATION } from "../transforms.ts";
import { drawContactSheet, type SheetCell } from "./pictures/index.ts";

export interface AugmentationSheetOptions {
  /** Where the face is taken from. Default: a few of the built-in faces. */
  readonly faces?: ImageSet;
  /** Which of them. Default: the first. */
  readonly index?: number;
  /** How often it is augmented. Default: 32. */
  readonly count?: number;
  /** Default: `DEFAULT_AUGMENTATION`. */
  readonly augmentation?: Augmentation;
  /** Default: 42. */
  readonly seed?: number;
  /** Default: a CPU device of its own, which is disposed afterwards. */
  readonly device?: Device;
}

/**
 * Draws the sheet as a PNG. The same options give the same bytes.
 *
 * @throws ArgumentError when there is no such face
 */
export async function drawAugmentationSheet(options: AugmentationSheetOptions = {}): Promise<Uint8Array> {
  const { faces = builtInFaces({ train: EMOTIONS.length, validation: 0, test: 0 }).train } = options;
  const { index = 0, count = 32, augmentation = DEFAULT_AUGMENTATION, seed = 42 } = options;
  const original = { image: imageAt(faces, index), channels: faces.channels, size: faces.size };
  const device = options.device ?? (await openDevice("cpu", { threads: 1 }));
  let augmented: SheetCell[];
  try {
    augmented = await augmentedFaces(device, faces, index, count, augmentation, new Generator(seed));
  } finally {
    if (!options.device) device.dispose();
  }
  return drawContactSheet({
    title: `One ${EMOTIONS[faces.labels[index]!]} face, augmented ${count} times`,
    subtitle: describeAugmentation(augmentation, faces.channels),
    sections: [
      { heading: "As it is", cells: [original] },
      { heading: "As training sees it", cells: augmented },
    ],
    columns: 8,
  });
}

/** The face at `index`, `count` times through the loader and back to bytes. */
async function augmentedFaces(
  device: Device,
  faces: ImageSet,
  index: number,
  count: number,
  augmentation: Augmentation,
  generator: Generator,
): Promise<SheetCell[]> {
  const loader = new FaceLoader(faces, device);
  try {
    const indices = new Int32Array(count).fill(index);
    const images = scope(() => loader.augmentedBatch(indices, augmentation, generator).images);
    const values = await images.data();
    images.dispose();
    const area = faces.size ** 2;
    return Array.from({ length: count }, (_, i) => {
      const image = toBytes(values.subarray(3 * area * i, 3 * area * (i + 1)), area);
      return { image, channels: 3, size: faces.size };
    });
  } finally {
    loader.dispose();
  }
}

/** Undoes the normalisation: [3, S, S] as the network takes it, to bytes. */
function toBytes(values: ArrayLike<number>, area: number): Uint8Array {
  const { mean, std } = IMAGENET_NORMALISATION;
  return Uint8Array.from(values, (value, i) => {
    const channel = Math.floor(i / area);
    return Math.round(255 * (value * std[channel]! + mean[channel]!));
  });
}

/** The settings in a line: "turned by up to 15°, cropped to 80-100 % of the area, ...". */
function describeAugmentation(augmentation: Augmentation, channels: 1 | 3): string {
  const { flip, rotation, cropScale, brightness, contrast, saturation, hue } = augmentation;
  const percent = (share: number) => `${+(100 * share).toFixed(1)}`;
  const parts = [
    [flip, `mirrored ${percent(flip)} % of the time`],
    [rotation, `turned by up to ${rotation}°`],
    [1 - cropScale[0], `cropped to ${cropScale.map(percent).join("–")} % of the area`],
    [brightness, `brightness ±${percent(brightness)} %`],
    [contrast, `contrast ±${percent(contrast)} %`],
    [channels === 3 && saturation, `saturation ±${percent(saturation)} %`],
    [channels === 3 && hue, `hue ±${+(360 * hue).toFixed(1)}°`],
  ] as const;
  const used = parts.filter(([on]) => on).map(([, text]) => text);
  return used.length > 0 ? used.join(", ") : "no augmentation";
}
