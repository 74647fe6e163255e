/**
 * From a set of stored images to batches for the network.
 *
 * The images are uploaded once, as bytes; a batch is then a list of indices and a few numbers per image, and one
 * kernel makes the network's input from them. What reaches the device per step is a few kilobytes.
 */

import { augment, type Device, type Generator, type Tensor, tensor } from "mien";
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
    return this.#make(indices, identityTransforms(indices.length));
  }

  /** The images at `indices`, each changed at random. To be called in a scope. */
  augmentedBatch(indices: Int32Array, augmentation: Augmentation, generator: Generator): Batch {
    const { size, channels } = this.set;
    return this.#make(indices, randomTransforms(indices.length, size, channels, augmentation, generator));
  }

  #make(indices: Int32Array, transforms: Float32Array): Batch {
    const device = this.#device;
    const labels = Int32Array.from(indices, (i) => this.set.labels[i]!);
    const images = augment(
      this.#images,
      tensor(indices, { device, dtype: "int32" }),
      tensor(transforms, { device, shape: [indices.length, transforms.length / indices.length] }),
      IMAGENET_NORMALISATION,
    );
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
