/**
 * ONNX's normalisations, softmaxes and classification losses.
 */

import {
  add,
  batchNorm,
  crossEntropy,
  layerNorm,
  logSoftmax,
  mean,
  mul,
  nllLoss,
  type Reduction,
  reshape,
  rsqrt,
  softmax,
  type Tensor,
  var as variance,
} from "mien";
import type { Call, Operator } from "../call.ts";

/** From opset 13 on along one axis; before, over all dimensions from the axis on. */
const alongAxis =
  (f: (x: Tensor, dim: number) => Tensor): Operator =>
  (call) => {
    const x = call.x();
    if (call.opset >= 13) return f(x, call.number("axis", -1));
    const axis = call.number("axis", 1);
    const rows = x.shape
      .slice(0, axis < 0 ? axis + x.ndim : axis)
      .reduce((product, size) => product * size, 1);
    return reshape(f(reshape(x, [rows, x.numel / rows]), 1), x.shape);
  };

/** In training ONNX's momentum weighs the old value, and its running variance is the biased one. */
function batchNormalization(call: Call): Tensor | readonly Tensor[] {
  const [x, weight, bias, runningMean, runningVar] = [0, 1, 2, 3, 4].map((i) => call.x(i)) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const training = call.flag("training_mode");
  const eps = call.number("epsilon", 1e-5);
  const out = batchNorm(x, { weight, bias, eps, training, ...(training ? {} : { runningMean, runningVar }) });
  if (!training) return out;
  const momentum = call.number("momentum", 0.9);
  const dims = x.shape.map((_, d) => d).filter((d) => d !== 1);
  const blend = (old: Tensor, now: Tensor) => add(mul(old, momentum), mul(now, 1 - momentum));
  return [out, blend(runningMean, mean(x, dims)), blend(runningVar, variance(x, dims, { correction: 0 }))];
}

/** Beside the result come the mean and the inverse of the standard deviation. */
function layerNormalization(call: Call): readonly Tensor[] {
  const x = call.x();
  const axis = call.number("axis", -1);
  const first = axis < 0 ? axis + x.ndim : axis;
  const eps = call.number("epsilon", 1e-5);
  const dims = x.shape.map((_, d) => d).slice(first);
  const out = layerNorm(x, x.shape.slice(first), { weight: call.x(1), bias: call.optional(2), eps });
  const spread = rsqrt(add(variance(x, dims, { correction: 0, keepdim: true }), eps));
  return [out, mean(x, dims, true), spread];
}

/** What the two losses share. Classes that are ignored may lie outside of the range. */
function lossOptions(call: Call) {
  const weight = call.optional(2);
  return {
    ...(weight ? { weight } : {}),
    reduction: call.text("reduction", "mean") as Reduction,
    ...(call.has("ignore_index") ? { ignoreIndex: call.number("ignore_index", 0) } : {}),
  };
}

export const normalizations: Readonly<Record<string, Operator>> = {
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  Softmax: alongAxis(softmax),
  LogSoftmax: alongAxis(logSoftmax),
  NegativeLogLikelihoodLoss: (call) => nllLoss(call.x(0), call.x(1), lossOptions(call)),
  SoftmaxCrossEntropyLoss: (call) => [
    crossEntropy(call.x(0), call.x(1), lossOptions(call)),
    logSoftmax(call.x(0), 1),
  ],
};
