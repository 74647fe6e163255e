/**
 * Losses as modules: how wrong the network is, as one number to go down.
 */

import { type CrossEntropyOptions, crossEntropy, type Tensor } from "@mien/tensor";
import { Module } from "./module.ts";
import { Buffer } from "./parameter.ts";

/**
 * How surprised the network is by the right class: -log softmax(logits)[target], averaged.
 * https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 */
export class CrossEntropyLoss extends Module {
  /** One weight per class, [C]; null when all count the same. */
  readonly weight: Buffer | null;
  readonly #options: CrossEntropyOptions;

  /** @param options.weight is kept: the loss has a handle of its own on it */
  constructor(options: CrossEntropyOptions = {}) {
    super();
    const { weight, ...rest } = options;
    this.weight = weight ? new Buffer(weight) : null;
    this.#options = rest;
  }

  /**
   * @param logits [N, C] or [N, C, d1, ...]: scores before softmax
   * @param targets int32 [N] or [N, d1, ...]: classes in 0..C-1
   */
  override forward(logits: Tensor, targets: Tensor): Tensor {
    return crossEntropy(logits, targets, { ...this.#options, weight: this.weight ?? undefined });
  }
}
