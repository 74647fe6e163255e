/**
 * Every kernel there is. A kernel that is missing here does not compile, so nobody meets the gap at run time.
 */

import type { KernelName } from "@mien/tensor";
import { activationGrad } from "./activation-grad.ts";
import { augment } from "./augment.ts";
import {
  conv2d,
  conv2dInputGrad,
  conv2dMaxPool,
  conv2dMaxPoolInputGrad,
  conv2dMaxPoolWeightGrad,
  conv2dWeightGrad,
} from "./conv2d.ts";
import { custom } from "./custom.ts";
import { accumulate, binary, copy, fill, unary, where } from "./elementwise.ts";
import { gridSample, gridSampleGridGrad, gridSampleInputGrad } from "./grid-sample.ts";
import { gather, scatterAdd } from "./indexing.ts";
import { matmul } from "./matmul.ts";
import {
  channelStats,
  normalize,
  normalizeAddendGrad,
  normalizeGrad,
  normalizeSums,
  runningStats,
} from "./normalize.ts";
import { adagrad, adam, movingAverage, rmsprop, sgd } from "./optim.ts";
import type { Plan } from "./plan.ts";
import { maxPool2d, maxPool2dGrad } from "./pool.ts";
import { dropout, uniform } from "./random.ts";
import { reduce } from "./reduce.ts";
import { resample2d } from "./resample.ts";
import { argsort, cumsum } from "./scan.ts";
import { crossEntropy, crossEntropyGrad, softmax, softmaxGrad } from "./softmax.ts";

type KernelTable = { readonly [K in KernelName]: Plan<K> };

export const kernels: KernelTable = {
  fill,
  copy,
  accumulate,
  unary,
  binary,
  where,
  reduce,
  matmul,
  conv2d,
  conv2dMaxPool,
  conv2dInputGrad,
  conv2dWeightGrad,
  conv2dMaxPoolInputGrad,
  conv2dMaxPoolWeightGrad,
  maxPool2d,
  maxPool2dGrad,
  resample2d,
  gridSample,
  gridSampleInputGrad,
  gridSampleGridGrad,
  softmax,
  softmaxGrad,
  crossEntropy,
  crossEntropyGrad,
  activationGrad,
  channelStats,
  normalize,
  normalizeSums,
  normalizeAddendGrad,
  normalizeGrad,
  runningStats,
  uniform,
  dropout,
  adam,
  sgd,
  rmsprop,
  adagrad,
  movingAverage,
  augment,
  custom,
  gather,
  scatterAdd,
  cumsum,
  argsort,
};
