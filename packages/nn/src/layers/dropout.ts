/**
 * Dropout as a layer: in training, a network that cannot rely on any single value learns to spread what it knows.
 */

import {
  ArgumentError,
  type DropoutOptions,
  dropout,
  dropout2d,
  type Generator,
  type Tensor,
} from "@mien/tensor";
import { Module } from "../module.ts";

export type DropoutLayerOptions = Omit<DropoutOptions, "training">;

/** What drops, and how much of it. */
abstract class DropoutLayer extends Module {
  readonly p: number;
  readonly #generator: Generator | undefined;

  /**
   * @param p the probability of being dropped, from 0 to 1
   * @param options.generator what draws; default: the generator that `manualSeed` seeds
   */
  constructor(p = 0.5, options: DropoutLayerOptions = {}) {
    super();
    if (!(p >= 0 && p <= 1)) {
      throw new ArgumentError(`${this.constructor.name}: got p ${p}, expected a probability from 0 to 1`);
    }
    this.p = p;
    this.#generator = options.generator;
  }

  protected get options(): DropoutOptions {
    const { training } = this;
    return this.#generator ? { training, generator: this.#generator } : { training };
  }
}

/**
 * Sets values to 0 at random while training, and divides the others by 1 - p; after `eval()` it does nothing.
 * https://pytorch.org/docs/stable/generated/torch.nn.Dropout.html
 */
export class Dropout extends DropoutLayer {
  override forward(x: Tensor): Tensor {
    return dropout(x, this.p, this.options);
  }
}

/**
 * Sets whole channels to 0. Input [N, C, H, W], output the same.
 * https://pytorch.org/docs/stable/generated/torch.nn.Dropout2d.html
 */
export class Dropout2d extends DropoutLayer {
  override forward(x: Tensor): Tensor {
    return dropout2d(x, this.p, this.options);
  }
}
