/**
 * Activations as layers: what makes a network more than one linear map. They have no parameters.
 */

import {
  elu,
  type GeluOptions,
  gelu,
  hardsigmoid,
  hardswish,
  hardtanh,
  leakyRelu,
  logSigmoid,
  logSoftmax,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  type Tensor,
  tanh,
} from "@mien/tensor";
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

/** min(max(x, 0), 6). https://pytorch.org/docs/stable/generated/torch.nn.ReLU6.html */
export class ReLU6 extends Module {
  override forward(x: Tensor): Tensor {
    return relu6(x);
  }
}

/**
 * x where it is positive, else alpha * (exp(x) - 1): smooth, and its mean is nearer to 0 than ReLU's.
 * https://pytorch.org/docs/stable/generated/torch.nn.ELU.html
 */
export class ELU extends Module {
  readonly alpha: number;

  constructor(alpha = 1) {
    super();
    this.alpha = alpha;
  }

  override forward(x: Tensor): Tensor {
    return elu(x, this.alpha);
  }
}

/**
 * ELU with constants that keep mean 0 and variance 1 from layer to layer.
 * https://pytorch.org/docs/stable/generated/torch.nn.SELU.html
 */
export class SELU extends Module {
  override forward(x: Tensor): Tensor {
    return selu(x);
  }
}

/**
 * x times the probability that a standard normal number is below x.
 * https://pytorch.org/docs/stable/generated/torch.nn.GELU.html
 */
export class GELU extends Module {
  readonly approximate: "none" | "tanh";

  /** @param options.approximate "tanh" computes with a tanh in place of the erf; default: "none" */
  constructor({ approximate = "none" }: GeluOptions = {}) {
    super();
    this.approximate = approximate;
  }

  override forward(x: Tensor): Tensor {
    return gelu(x, { approximate: this.approximate });
  }
}

/** x * sigmoid(x), also called swish. https://pytorch.org/docs/stable/generated/torch.nn.SiLU.html */
export class SiLU extends Module {
  override forward(x: Tensor): Tensor {
    return silu(x);
  }
}

/** x * min(max(x + 3, 0), 6) / 6. https://pytorch.org/docs/stable/generated/torch.nn.Hardswish.html */
export class Hardswish extends Module {
  override forward(x: Tensor): Tensor {
    return hardswish(x);
  }
}

/** min(max(x + 3, 0), 6) / 6. https://pytorch.org/docs/stable/generated/torch.nn.Hardsigmoid.html */
export class Hardsigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return hardsigmoid(x);
  }
}

/** 1 / (1 + exp(-x)). https://pytorch.org/docs/stable/generated/torch.nn.Sigmoid.html */
export class Sigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return sigmoid(x);
  }
}

/** The hyperbolic tangent. https://pytorch.org/docs/stable/generated/torch.nn.Tanh.html */
export class Tanh extends Module {
  override forward(x: Tensor): Tensor {
    return tanh(x);
  }
}

/** ln(sigmoid(x)). https://pytorch.org/docs/stable/generated/torch.nn.LogSigmoid.html */
export class LogSigmoid extends Module {
  override forward(x: Tensor): Tensor {
    return logSigmoid(x);
  }
}

/** x / (1 + |x|). https://pytorch.org/docs/stable/generated/torch.nn.Softsign.html */
export class Softsign extends Module {
  override forward(x: Tensor): Tensor {
    return softsign(x);
  }
}

/** x cut off at two bounds. https://pytorch.org/docs/stable/generated/torch.nn.Hardtanh.html */
export class Hardtanh extends Module {
  readonly minVal: number;
  readonly maxVal: number;

  constructor(minVal = -1, maxVal = 1) {
    super();
    this.minVal = minVal;
    this.maxVal = maxVal;
  }

  override forward(x: Tensor): Tensor {
    return hardtanh(x, this.minVal, this.maxVal);
  }
}

/**
 * ln(1 + exp(beta x)) / beta, a smooth ReLU; x itself where beta x is above the threshold.
 * https://pytorch.org/docs/stable/generated/torch.nn.Softplus.html
 */
export class Softplus extends Module {
  readonly beta: number;
  readonly threshold: number;

  constructor(beta = 1, threshold = 20) {
    super();
    this.beta = beta;
    this.threshold = threshold;
  }

  override forward(x: Tensor): Tensor {
    return softplus(x, this.beta, this.threshold);
  }
}

/** Probabilities along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.Softmax.html */
export class Softmax extends Module {
  readonly dim: number;

  constructor(dim: number) {
    super();
    this.dim = dim;
  }

  override forward(x: Tensor): Tensor {
    return softmax(x, this.dim);
  }
}

/** Logarithms of probabilities along `dim`. https://pytorch.org/docs/stable/generated/torch.nn.LogSoftmax.html */
export class LogSoftmax extends Module {
  readonly dim: number;

  constructor(dim: number) {
    super();
    this.dim = dim;
  }

  override forward(x: Tensor): Tensor {
    return logSoftmax(x, this.dim);
  }
}
