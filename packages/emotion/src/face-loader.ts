/**
 * From a set of stored images to batches for the network.
 *
 * The images are uploaded once, as bytes; a batch is then a list of indices and a few numbers per image, and one
 * kernel makes the network's input from them. What reaches the device per step is a few kilobytes.
 *
 * Images that are too many for one buffer of the device stay on the host: then each batch brings its own along, and is
 * made by the same kernel from the same bytes, with the same result to the bit.
 */

import { ArgumentError, augment, type Device, Generator, type Tensor, TRANSFORM_SIZE, tensor } from "mien";
import type { ImageSet } from "./images.ts";
import {
  type Augmentation,
  IMAGENET_NORMALISATION,
  identityTransforms,
  randomTransforms,
} from "./transforms.ts";

export interface Batch {
  /** float32 [N, 3, S, S], normalised. */
  readonly images: Tensor;
  /** int32 [N]. */
  readonly labels: Tensor;
}

/** What a batch is made from: all that is new in a step, and the inputs of a captured one. */
export interface BatchRecipe {
  /** Which images, [N]: of those on the device, or of `pixels`. */
  readonly indices: Int32Array;
  /** What happens to each, [N * 10]; the kernel `augment` says how. */
  readonly transforms: Float32Array;
  /** [N]. */
  readonly labels: Int32Array;
  /** The batch's own images, [N * C * S * S], where they do not lie on the device; else null. */
  readonly pixels: Uint8Array | null;
}

export interface FaceLoaderOptions {
  /** Images of more bytes are streamed, batch by batch. Default: what one buffer of the device can hold. */
  readonly maxResidentBytes?: number;
}

export class FaceLoader {
  readonly set: ImageSet;
  readonly #device: Device;
  /** All images on the device, or null where they are streamed. */
  readonly #resident: Tensor | null;

  constructor(set: ImageSet, device: Device, options: FaceLoaderOptions = {}) {
    const { maxResidentBytes = device.maxBufferBytes } = options;
    this.set = set;
    this.#device = device;
    const shape = [set.count, set.channels, set.size, set.size];
    const fits = set.images.byteLength <= maxResidentBytes;
    this.#resident = fits ? tensor(set.images, { device, dtype: "uint8", shape }).keep() : null;
  }

  /** Whether the images stay on the host, and go to the device batch by batch. */
  get streams(): boolean {
    return this.#resident === null;
  }

  /** The images at `indices`, as they are. To be called in a scope. */
  batch(indices: Int32Array): Batch {
    return this.#upload(this.recipe(indices));
  }

  /** The images at `indices`, each changed at random. To be called in a scope. */
  augmentedBatch(indices: Int32Array, augmentation: Augmentation, generator: Generator): Batch {
    return this.#upload(this.recipe(indices, augmentation, generator));
  }

  /** What a batch of these images is made from; random changes are drawn here. */
  recipe(
    indices: Int32Array,
    augmentation: Augmentation | null = null,
    generator = new Generator(),
  ): BatchRecipe {
    const { size, channels, labels } = this.set;
    const count = indices.length;
    return {
      indices: this.streams ? Int32Array.from(indices.keys()) : indices,
      transforms: augmentation
        ? randomTransforms(count, size, channels, augmentation, generator)
        : identityTransforms(count),
      labels: Int32Array.from(indices, (i) => labels[i]!),
      pixels: this.streams ? this.#pixelsOf(indices) : null,
    };
  }

  #pixelsOf(indices: Int32Array): Uint8Array {
    const { images, size, channels } = this.set;
    const bytes = channels * size ** 2;
    const pixels = new Uint8Array(indices.length * bytes);
    for (const [n, i] of indices.entries())
      pixels.set(images.subarray(i * bytes, (i + 1) * bytes), n * bytes);
    return pixels;
  }

  /** float32 [N, 3, S, S], normalised, from a recipe on the device. */
  images(indices: Tensor, transforms: Tensor, pixels: Tensor | null): Tensor {
    const { size, channels } = this.set;
    const stored = pixels?.reshape(-1, channels, size, size) ?? this.#resident;
    if (!stored)
      throw new ArgumentError("images: these images are streamed, got a recipe without its pixels");
    return augment(
      stored,
      indices,
      transforms.reshape(indices.numel, TRANSFORM_SIZE),
      IMAGENET_NORMALISATION,
    );
  }

  #upload({ indices, transforms, labels, pixels }: BatchRecipe): Batch {
    const device = this.#device;
    const images = this.images(
      tensor(indices, { device, dtype: "int32" }),
      tensor(transforms, { device }),
      pixels && tensor(pixels, { device, dtype: "uint8" }),
    );
    return { images, labels: tensor(labels, { device, dtype: "int32" }) };
  }

  /** Frees the images on the device. */
  dispose(): void {
    this.#resident?.dispose();
  }
}

/** Cuts an order of images into batches; the last one may be shorter. */
export function* batchesOf(order: Int32Array, batchSize: number): Iterable<Int32Array> {
  for (let start = 0; start < order.length; start += batchSize)
    yield order.subarray(start, start + batchSize);
}
