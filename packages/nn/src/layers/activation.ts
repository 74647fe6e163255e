/**
 * Activations as layers: what makes a network more than one linear map. They have no parameters.
 */

import { leakyRelu, relu, type Tensor } from "@mien/tensor";
import { Module } from "../module.ts";

/** max(x, 0). https://pytorch.org/docs/stable/generated/torch.nn.ReLU.html */
export class ReLU extends Module {
  override forward(x: Tensor): Tensor {
    return relu(x);
  }
}

/**
 * x where it is positive, else negativeSlope * x: a unit that is off still learns.
 * https://pytorch.org/docs/stable/generated/torch.nn.LeakyReLU.html
 */
export class LeakyReLU extends Module {
  readonly negativeSlope: number;

  constructor(negativeSlope = 0.01) {
    super();
    this.negativeSlope = negativeSlope;
  }

  override forward(x: Tensor): Tensor {
    return leakyRelu(x, this.negativeSlope);
  }
}
