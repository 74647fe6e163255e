/**
 * The reference kernels by name. The type of this table is the promise every device makes: a kernel for each name in
 * the contract, or it does not compile.
 */

import type { KernelName } from "@mien/tensor";
import { activationGrad } from "./activation-grad.ts";
import { adam } from "./adam.ts";
import { augment } from "./augment.ts";
import { conv2d, conv2dInputGrad, conv2dWeightGrad } from "./conv2d.ts";
import { accumulate, binary, copy, fill, unary, where } from "./elementwise.ts";
import type { Kernel } from "./kernel.ts";
import { matmul } from "./matmul.ts";
import { maxPool2d, maxPool2dGrad } from "./pool.ts";
import { reduce } from "./reduce.ts";
import { crossEntropy, crossEntropyGrad, softmax, softmaxGrad } from "./softmax.ts";

export const kernels: { readonly [K in KernelName]: Kernel<K> } = {
  fill,
  copy,
  accumulate,
  unary,
  binary,
  where,
  reduce,
  matmul,
  conv2d,
  conv2dInputGrad,
  conv2dWeightGrad,
  maxPool2d,
  maxPool2dGrad,
  softmax,
  softmaxGrad,
  crossEntropy,
  crossEntropyGrad,
  activationGrad,
  adam,
  augment,
};
