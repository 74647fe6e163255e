/**
 * The dense layer: every output is a weighted sum of all inputs.
 */

import { type ActivationOptions, linear, type Tensor } from "@mien/tensor";
import { checkWhole } from "../check.ts";
import { defaultUniform } from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import type { LayerOptions } from "./options.ts";

export interface LinearLayerOptions extends LayerOptions {
  /** Whether a learned constant is added per output. Default: true. */
  readonly bias?: boolean;
}

/**
 * Every output is a weighted sum of all inputs, and a bias. Input [..., inFeatures], output [..., outFeatures].
 * https://pytorch.org/docs/stable/generated/torch.nn.Linear.html
 */
export class Linear extends Module {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** [outFeatures, inFeatures] */
  readonly weight: Parameter;
  /** [outFeatures] */
  readonly bias: Parameter | null;

  /** @throws ArgumentError for sizes below 1 */
  constructor(inFeatures: number, outFeatures: number, options: LinearLayerOptions = {}) {
    super();
    checkWhole("Linear", "inFeatures", inFeatures, 1);
    checkWhole("Linear", "outFeatures", outFeatures, 1);
    this.inFeatures = inFeatures;
    this.outFeatures = outFeatures;
    this.weight = Parameter.empty([outFeatures, inFeatures], options);
    this.bias = (options.bias ?? true) ? Parameter.empty([outFeatures], options) : null;
    defaultUniform(this.weight, this.bias, options);
  }

  override forward(x: Tensor): Tensor {
    return this.activated(x, {});
  }

  /** The output with an activation computed as it is written; see `fuse.ts`. */
  activated(x: Tensor, activation: ActivationOptions): Tensor {
    return linear(x, this.weight, this.bias, activation);
  }
}
