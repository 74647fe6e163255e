/**
 * From a set of stored images to batches for the network.
 *
 * The images are uploaded once, as bytes; a batch is then a list of indices and a few numbers per image, and one
 * kernel makes the network's input from them. What reaches the device per step is a few kilobytes.
 */

import { augment, type Device, Generator, type Tensor, TRANSFORM_SIZE, tensor } from "mien";
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
  /** Which images, [N]. */
  readonly indices: Int32Array;
  /** What happens to each, [N * 10]; the kernel `augment` says how. */
  readonly transforms: Float32Array;
  /** [N]. */
  readonly labels: Int32Array;
}

export class FaceLoader {
  readonly set: ImageSet;
  readonly #device: Device;
  readonly #images: Tensor;

  constructor(set: ImageSet, device: Device) {
    this.set = set;
    this.#device = device;
    const shape = [set.count, set.channels, set.size, set.size];
    this.#images = tensor(set.images, { device, dtype: "uint8", shape }).keep();
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
      indices,
      transforms: augmentation
        ? randomTransforms(count, size, channels, augmentation, generator)
        : identityTransforms(count),
      labels: Int32Array.from(indices, (i) => labels[i]!),
    };
  }

  /** float32 [N, 3, S, S], normalised, from the numbers of a recipe on the device. */
  images(indices: Tensor, transforms: Tensor): Tensor {
    return augment(
      this.#images,
      indices,
      transforms.reshape(indices.numel, TRANSFORM_SIZE),
      IMAGENET_NORMALISATION,
    );
  }

  #upload({ indices, transforms, labels }: BatchRecipe): Batch {
    const device = this.#device;
    const images = this.images(tensor(indices, { device, dtype: "int32" }), tensor(transforms, { device }));
    return { images, labels: tensor(labels, { device, dtype: "int32" }) };
  }

  /** Frees the images on the device. */
  dispose(): void {
    this.#images.dispose();
  }
}

/** Cuts an order of images into batches; the last one may be shorter. */
export function* batchesOf(order: Int32Array, batchSize: number): Iterable<Int32Array> {
  for (let start = 0; start < order.length; start += batchSize)
    yield order.subarray(start, start + batchSize);
}
