/**
 * The names in the kernel contract as lists. The compiler checks that none is missing: a name which the contract
 * gains has no entry in its record here.
 */

import type { Activation, BinaryOp, KernelName, ReduceOp, UnaryOp } from "@mien/tensor";

function namesOf<Name extends string>(record: Readonly<Record<Name, true>>): readonly Name[] {
  return Object.keys(record) as Name[];
}

export const kernelNames = namesOf<KernelName>({
  fill: true,
  copy: true,
  accumulate: true,
  unary: true,
  binary: true,
  where: true,
  reduce: true,
  matmul: true,
  conv2d: true,
  conv2dInputGrad: true,
  conv2dWeightGrad: true,
  maxPool2d: true,
  maxPool2dGrad: true,
  softmax: true,
  softmaxGrad: true,
  crossEntropy: true,
  crossEntropyGrad: true,
  activationGrad: true,
  adam: true,
  augment: true,
});

export const unaryOps = namesOf<UnaryOp>({
  neg: true,
  abs: true,
  exp: true,
  log: true,
  sqrt: true,
  square: true,
  reciprocal: true,
  sign: true,
  relu: true,
  leakyRelu: true,
  affine: true,
});

export const binaryOps = namesOf<BinaryOp>({
  add: true,
  sub: true,
  mul: true,
  div: true,
  pow: true,
  maximum: true,
  minimum: true,
  eq: true,
  ne: true,
  lt: true,
  le: true,
  gt: true,
  ge: true,
  leakyReluGrad: true,
});

export const reduceOps = namesOf<ReduceOp>({
  sum: true,
  mean: true,
  max: true,
  min: true,
  prod: true,
  argmax: true,
  argmin: true,
});

export const activations = namesOf<Activation>({ none: true, relu: true, leakyRelu: true });
