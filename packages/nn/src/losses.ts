/**
 * Losses as modules: how wrong the network is, as one number to go down.
 *
 * Each is the function of the same name with its options remembered. Weights among them are buffers: they are saved with
 * the module, and live as long as it does.
 */

import {
  type BinaryCrossEntropyOptions,
  type BinaryCrossEntropyWithLogitsOptions,
  binaryCrossEntropy,
  binaryCrossEntropyWithLogits,
  type CrossEntropyOptions,
  crossEntropy,
  type HuberLossOptions,
  huberLoss,
  type KLDivOptions,
  klDiv,
  type LossOptions,
  l1Loss,
  mseLoss,
  type NLLLossOptions,
  nllLoss,
  type SmoothL1LossOptions,
  smoothL1Loss,
  type Tensor,
} from "@mien/tensor";
import { Module } from "./module.ts";
import { Buffer } from "./parameter.ts";

/** A loss that remembers its options. */
abstract class Loss<Options extends object> extends Module {
  protected readonly options: Options;

  constructor(options: Options = {} as Options) {
    super();
    this.options = options;
  }
}

const bufferOf = (x: Tensor | undefined): Buffer | null => (x ? new Buffer(x) : null);

/** A loss with a weight among its options. */
abstract class WeightedLoss<Options extends { readonly weight?: Tensor | undefined }> extends Loss<Options> {
  /** The weight that was given; null when all count the same. */
  readonly weight: Buffer | null;

  /** @param options.weight is kept: the loss has a handle of its own on it */
  constructor(options: Options = {} as Options) {
    const weight = bufferOf(options.weight);
    super({ ...options, weight: weight ?? undefined });
    this.weight = weight;
  }
}

/**
 * How surprised the network is by the right class: -log softmax(logits)[target], averaged.
 * https://pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html
 */
export class CrossEntropyLoss extends WeightedLoss<CrossEntropyOptions> {
  /**
   * @param logits [N, C], [N, C, d1, ...] or [C]: scores before softmax
   * @param targets int32 [N], [N, d1, ...] or []: classes in 0..C-1; or the probability of each class, as the logits
   */
  override forward(logits: Tensor, targets: Tensor): Tensor {
    return crossEntropy(logits, targets, this.options);
  }
}

/**
 * -logProbabilities[target], averaged: CrossEntropyLoss for a network that ends in a log softmax.
 * https://pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html
 */
export class NLLLoss extends WeightedLoss<NLLLossOptions> {
  /**
   * @param logProbabilities [N, C], [N, C, d1, ...] or [C]
   * @param targets int32 [N], [N, d1, ...] or []: classes in 0..C-1
   */
  override forward(logProbabilities: Tensor, targets: Tensor): Tensor {
    return nllLoss(logProbabilities, targets, this.options);
  }
}

/**
 * The cross-entropy of yes or no, from probabilities.
 * https://pytorch.org/docs/stable/generated/torch.nn.BCELoss.html
 */
export class BCELoss extends WeightedLoss<BinaryCrossEntropyOptions> {
  override forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropy(input, target, this.options);
  }
}

/**
 * The cross-entropy of yes or no, from scores before the sigmoid.
 * https://pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html
 */
export class BCEWithLogitsLoss extends WeightedLoss<BinaryCrossEntropyWithLogitsOptions> {
  /** What the true count for, as [C]; null when as much as the false. */
  readonly posWeight: Buffer | null;

  /** @param options.weight, posWeight are kept: the loss has handles of its own on them */
  constructor(options: BinaryCrossEntropyWithLogitsOptions = {}) {
    const posWeight = bufferOf(options.posWeight);
    super({ ...options, posWeight: posWeight ?? undefined });
    this.posWeight = posWeight;
  }

  override forward(input: Tensor, target: Tensor): Tensor {
    return binaryCrossEntropyWithLogits(input, target, this.options);
  }
}

/** The squared difference, averaged. https://pytorch.org/docs/stable/generated/torch.nn.MSELoss.html */
export class MSELoss extends Loss<LossOptions> {
  override forward(input: Tensor, target: Tensor): Tensor {
    return mseLoss(input, target, this.options);
  }
}

/** The size of the difference, averaged. https://pytorch.org/docs/stable/generated/torch.nn.L1Loss.html */
export class L1Loss extends Loss<LossOptions> {
  override forward(input: Tensor, target: Tensor): Tensor {
    return l1Loss(input, target, this.options);
  }
}

/**
 * Squared near 0 and straight farther out, so that outliers do not rule.
 * https://pytorch.org/docs/stable/generated/torch.nn.SmoothL1Loss.html
 */
export class SmoothL1Loss extends Loss<SmoothL1LossOptions> {
  override forward(input: Tensor, target: Tensor): Tensor {
    return smoothL1Loss(input, target, this.options);
  }
}

/** SmoothL1Loss times its bend. https://pytorch.org/docs/stable/generated/torch.nn.HuberLoss.html */
export class HuberLoss extends Loss<HuberLossOptions> {
  override forward(input: Tensor, target: Tensor): Tensor {
    return huberLoss(input, target, this.options);
  }
}

/**
 * How far a distribution is from the target's; take reduction "batchmean" for the divergence by its definition.
 * https://pytorch.org/docs/stable/generated/torch.nn.KLDivLoss.html
 */
export class KLDivLoss extends Loss<KLDivOptions> {
  /**
   * @param input log-probabilities
   * @param target probabilities, or their logarithms with `logTarget`
   */
  override forward(input: Tensor, target: Tensor): Tensor {
    return klDiv(input, target, this.options);
  }
}
