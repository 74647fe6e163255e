/**
 * Normalisation as layers: values get mean 0 and variance 1, then a weight and a bias that are learned, so that what
 * one layer hands to the next keeps its size while the weights before it change.
 */

import {
  ArgumentError,
  type BatchNormOptions,
  batchNorm,
  groupNorm,
  instanceNorm,
  layerNorm,
  ShapeError,
  show,
  type Tensor,
} from "@mien/tensor";
import { checkWhole } from "../check.ts";
import { ones, zeros } from "../init.ts";
import { Module } from "../module.ts";
import { Buffer, Parameter } from "../parameter.ts";
import type { LayerOptions } from "./options.ts";

interface EpsOption extends LayerOptions {
  /** Added to the variance, so that what does not vary is not divided by 0. Default: 1e-5. */
  readonly eps?: number;
}

export interface NormLayerOptions extends EpsOption {
  /** Whether a weight and a bias are learned. Default: true (InstanceNorm2d: false). */
  readonly affine?: boolean;
}

export interface LayerNormLayerOptions extends EpsOption {
  /** Whether a weight and a bias are learned. Default: true. */
  readonly elementwiseAffine?: boolean;
  /** Whether there is a bias beside the weight. Default: true. */
  readonly bias?: boolean;
}

export interface BatchNormLayerOptions extends NormLayerOptions {
  /** The share of a batch in the running statistics; null weighs all batches alike. Default: 0.1. */
  readonly momentum?: number | null;
  /** Whether evaluation uses running statistics, and not those of its own batch. Default: true. */
  readonly trackRunningStats?: boolean;
}

/** What batch norms have in common: all but the shapes they take. */
abstract class BatchNorm extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  /** [numFeatures] */
  readonly weight: Parameter | null;
  /** [numFeatures] */
  readonly bias: Parameter | null;
  /** [numFeatures] */
  readonly runningMean: Buffer | null;
  /** [numFeatures] */
  readonly runningVar: Buffer | null;
  /** How many batches the running statistics have seen, int32. States of old files lack it. */
  readonly numBatchesTracked: Buffer | null;

  constructor(numFeatures: number, options: BatchNormLayerOptions = {}) {
    super();
    const { eps = 1e-5, momentum = 0.1, affine = true, trackRunningStats = true } = options;
    checkWhole(this.constructor.name, "numFeatures", numFeatures, 1);
    this.numFeatures = numFeatures;
    this.eps = eps;
    this.momentum = momentum;
    this.weight = affine ? ones(Parameter.empty([numFeatures], options)) : null;
    this.bias = affine ? zeros(Parameter.empty([numFeatures], options)) : null;
    this.runningMean = trackRunningStats ? Buffer.empty([numFeatures], options) : null;
    this.runningVar = trackRunningStats ? Buffer.empty([numFeatures], options) : null;
    this.numBatchesTracked = trackRunningStats
      ? Buffer.empty([], { ...options, dtype: "int32", optional: true })
      : null;
    this.resetRunningStats();
  }

  /** Forgets all batches: mean 0, variance 1, a count of 0. */
  resetRunningStats(): void {
    if (this.runningMean) zeros(this.runningMean);
    if (this.runningVar) ones(this.runningVar);
    if (this.numBatchesTracked) zeros(this.numBatchesTracked);
  }

  /** @throws ShapeError for an input of a rank that this layer is not for */
  protected abstract checkInput(x: Tensor): void;

  override forward(x: Tensor): Tensor {
    return this.activated(x, {});
  }

  /** The output with a sum and an activation computed in the same pass; see `fuse.ts`. */
  activated(x: Tensor, behind: Pick<BatchNormOptions, "addend" | "activation" | "negativeSlope">): Tensor {
    this.checkInput(x);
    const { weight, bias, runningMean, runningVar, numBatchesTracked, momentum, eps } = this;
    const training = this.training || runningMean === null;
    return batchNorm(x, {
      weight,
      bias,
      runningMean,
      runningVar,
      numBatchesTracked,
      training,
      momentum,
      eps,
      ...behind,
    });
  }
}

/**
 * Normalises each feature of a batch, or each channel of signals. Input [N, C] or [N, C, L], output the same.
 * https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm1d.html
 */
export class BatchNorm1d extends BatchNorm {
  protected override checkInput(x: Tensor): void {
    if (x.ndim === 2 || x.ndim === 3) return;
    throw new ShapeError(`BatchNorm1d: got an input of shape ${show(x.shape)}, expected [N, C] or [N, C, L]`);
  }
}

/**
 * Normalises each channel of a batch of images. Input [N, C, H, W], output the same. In training by the statistics of the batch,
 * which the running ones follow; after `eval()` by the running ones.
 * https://pytorch.org/docs/stable/generated/torch.nn.BatchNorm2d.html
 */
export class BatchNorm2d extends BatchNorm {
  protected override checkInput(x: Tensor): void {
    if (x.ndim === 4) return;
    throw new ShapeError(`BatchNorm2d: got an input of shape ${show(x.shape)}, expected [N, C, H, W]`);
  }
}

/**
 * Normalises the last dimensions of each element by themselves. Input [..., normalizedShape], output the same.
 * https://pytorch.org/docs/stable/generated/torch.nn.LayerNorm.html
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  /** normalizedShape */
  readonly weight: Parameter | null;
  /** normalizedShape */
  readonly bias: Parameter | null;

  /** @param normalizedShape the last size or sizes of the input */
  constructor(normalizedShape: number | readonly number[], options: LayerNormLayerOptions = {}) {
    super();
    this.normalizedShape = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape];
    for (const size of this.normalizedShape) checkWhole("LayerNorm", "normalizedShape", size, 1);
    this.eps = options.eps ?? 1e-5;
    const { elementwiseAffine = true, bias = true } = options;
    this.weight = elementwiseAffine ? ones(Parameter.empty(this.normalizedShape, options)) : null;
    this.bias = elementwiseAffine && bias ? zeros(Parameter.empty(this.normalizedShape, options)) : null;
  }

  override forward(x: Tensor): Tensor {
    const { weight, bias, eps } = this;
    return layerNorm(x, this.normalizedShape, { weight, bias, eps });
  }
}

/**
 * Normalises the channels of each image in groups. Input [N, C, ...], output the same. It needs no batch, and no running
 * statistics. https://pytorch.org/docs/stable/generated/torch.nn.GroupNorm.html
 */
export class GroupNorm extends Module {
  readonly numGroups: number;
  readonly numChannels: number;
  readonly eps: number;
  /** [numChannels] */
  readonly weight: Parameter | null;
  /** [numChannels] */
  readonly bias: Parameter | null;

  /** @throws ArgumentError for sizes below 1, or groups that do not divide the channels */
  constructor(numGroups: number, numChannels: number, options: NormLayerOptions = {}) {
    super();
    checkWhole("GroupNorm", "numGroups", numGroups, 1);
    checkWhole("GroupNorm", "numChannels", numChannels, 1);
    if (numChannels % numGroups !== 0) {
      throw new ArgumentError(
        `GroupNorm: got numGroups ${numGroups}, expected a divisor of the ${numChannels} channels`,
      );
    }
    this.numGroups = numGroups;
    this.numChannels = numChannels;
    this.eps = options.eps ?? 1e-5;
    const { affine = true } = options;
    this.weight = affine ? ones(Parameter.empty([numChannels], options)) : null;
    this.bias = affine ? zeros(Parameter.empty([numChannels], options)) : null;
  }

  override forward(x: Tensor): Tensor {
    const { weight, bias, eps } = this;
    return groupNorm(x, this.numGroups, { weight, bias, eps });
  }
}

/**
 * Normalises every channel of every image by itself, without running statistics. Input [N, C, H, W], output the same.
 * https://pytorch.org/docs/stable/generated/torch.nn.InstanceNorm2d.html
 */
export class InstanceNorm2d extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  /** [numFeatures] */
  readonly weight: Parameter | null;
  /** [numFeatures] */
  readonly bias: Parameter | null;

  constructor(numFeatures: number, options: NormLayerOptions = {}) {
    super();
    checkWhole("InstanceNorm2d", "numFeatures", numFeatures, 1);
    this.numFeatures = numFeatures;
    this.eps = options.eps ?? 1e-5;
    const { affine = false } = options;
    this.weight = affine ? ones(Parameter.empty([numFeatures], options)) : null;
    this.bias = affine ? zeros(Parameter.empty([numFeatures], options)) : null;
  }

  override forward(x: Tensor): Tensor {
    if (x.ndim !== 4) {
      throw new ShapeError(`InstanceNorm2d: got an input of shape ${show(x.shape)}, expected [N, C, H, W]`);
    }
    const { weight, bias, eps } = this;
    return instanceNorm(x, { weight, bias, eps });
  }
}
