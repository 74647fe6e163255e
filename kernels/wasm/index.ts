// Every kernel, and what the host needs to run them. A kernel is `name(args, chunk)`: the address of its argument block
// and which piece of the work to do.

export { activationGrad, activationGradMerge } from "./activation-grad";
export { augment } from "./augment";
export { channelSums, channelSumsMerge } from "./channel-sums";
export { conv2d, conv2dPack } from "./conv2d";
export { conv2dDepthwise, conv2dDepthwiseWeightGrad, conv2dDepthwiseWeightGradMerge } from "./conv2d-depthwise";
export { conv2dPointwise, pointwiseWeightGrad, pointwiseWeightGradMerge } from "./conv2d-pointwise";
export { gatherSteps, spreadSteps } from "./conv2d-steps";
export { conv2dWinograd, winogradWeights } from "./conv2d-winograd";
export {
  winogradGradPlace, winogradGradTiles, winogradWeightGrad, winogradWeightGradSum, winogradWeightGradTaps,
} from "./conv2d-winograd-weight-grad";
export { conv2dWeightGrad, conv2dWeightGradMerge, conv2dWeightGradOffsets } from "./conv2d-weight-grad";
export { accumulate, copy, fill } from "./copy";
export { crossEntropy, crossEntropyGrad, crossEntropySummary } from "./cross-entropy";
export { binary, unary, where } from "./elementwise";
export { gather, scatterAdd } from "./indexing";
export { gridSample, gridSampleGridGrad, gridSampleInputGrad } from "./grid-sample";
export { matmul, matmulMerge } from "./matmul";
export { adagrad, adam, movingAverage, rmsprop, sgd } from "./optim";
export { normalize, normalizeGrad, runningStats } from "./normalize";
export { maxPool2d, maxPool2dGrad } from "./pool";
export { dropout, uniform } from "./random";
export { reduceColumns, reduceMerge, reduceRows } from "./reduce";
export { argsort, cumsum } from "./scan";
export { resample2d } from "./resample";
export { softmax, softmaxGrad } from "./softmax";
export { heapStart, setThread } from "./thread";
