/** Every kernel of the contract, by name. */

import type { KernelName } from "@mien/tensor";
import type { HostKernel } from "../launch.ts";
import { activationGrad } from "./activation-grad.ts";
import { augment } from "./augment.ts";
import { conv2d, conv2dInputGrad, conv2dWeightGrad } from "./conv2d.ts";
import { accumulate, adam, binary, copy, fill, unary, where } from "./elementwise.ts";
import { matmul } from "./matmul.ts";
import { maxPool2d, maxPool2dGrad } from "./pool.ts";
import { reduce } from "./reduce.ts";
import { crossEntropy, crossEntropyGrad, softmax, softmaxGrad } from "./softmax.ts";

export const hostKernels = {
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
} satisfies { readonly [K in KernelName]: HostKernel<K> };
