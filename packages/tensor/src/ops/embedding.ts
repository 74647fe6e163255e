/**
 * Indices as vectors: rows of a weight that is learnt, or of zeros and a one.
 */

import { apply, type Op } from "../autograd.ts";
import { arange } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import { scope } from "../memory.ts";
import type { Tensor } from "../tensor.ts";
import { eq, scalarLike } from "./binary.ts";
import { checkNotBytes, checkRank, checkSameDevice, isPosition } from "./check.ts";
import { cast, copyInto } from "./copy.ts";
import { checkIndex, type IndexingParams, launchIndexing } from "./indexing.ts";
import { reshape, slice, unsqueeze } from "./view.ts";

const embeddingOp: Op<[weight: Tensor, index: Tensor], IndexingParams & { paddingIdx: number | null }> = {
  name: "embedding",
  saves: { inputs: [1] },
  forward: ([weight, index], params) => launchIndexing("gather", weight, index, params),
  gradients: ({ grad, input, params }) => [
    (into) => {
      const gradWeight = launchIndexing("scatterAdd", grad, input(1), params, into);
      const { paddingIdx } = params;
      if (paddingIdx !== null) {
        scope(() => copyInto(scalarLike(0, grad), slice(gradWeight, 0, paddingIdx, paddingIdx + 1)));
      }
      return gradWeight;
    },
    null,
  ],
};

export interface EmbeddingOptions {
  /** The row of the weight that stands for no word: it gets no gradient. Negative ones count from the end. */
  readonly paddingIdx?: number;
}

/**
 * Rows of `weight` by their indices. https://pytorch.org/docs/stable/generated/torch.nn.functional.embedding.html
 *
 * @param indices int32, of any shape. Negative ones count from the end; one that is out of range gives a row of NaN
 * @param weight [V, D]
 * @returns of the shape of `indices`, and D behind it
 */
export function embedding(indices: Tensor, weight: Tensor, options: EmbeddingOptions = {}): Tensor {
  const op = "embedding";
  checkNotBytes(op, weight);
  checkIndex(op, indices);
  checkSameDevice(op, indices, weight);
  checkRank(op, "weight", weight, ["V", "D"]);
  const [rows, width] = weight.shape as [number, number];
  const { paddingIdx } = options;
  if (paddingIdx !== undefined && !isPosition(paddingIdx, rows)) {
    throw new ArgumentError(`${op}: got paddingIdx ${paddingIdx}, expected ${-rows}..${rows - 1}`);
  }
  const padding = paddingIdx === undefined ? null : (paddingIdx + rows) % rows;
  return scope(() => {
    const params = { dim: 0, shared: true, elements: weight.shape, places: [indices.numel, width] };
    const flat = reshape(indices, [indices.numel]);
    const chosen = apply(embeddingOp, [weight, flat], { ...params, paddingIdx: padding });
    return reshape(chosen, [...indices.shape, width]);
  });
}

/**
 * A row of `numClasses` for each index, 1 at its class and 0 elsewhere. An index that is no class gives a row of 0.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.one_hot.html
 *
 * @param indices int32, of any shape
 * @param numClasses cannot be left out as in PyTorch: the largest index is known to the device alone
 * @returns int32, of the shape of `indices`, and numClasses behind it
 */
export function oneHot(indices: Tensor, numClasses: number): Tensor {
  const op = "oneHot";
  checkIndex(op, indices);
  if (!Number.isInteger(numClasses) || numClasses < 1) {
    throw new ArgumentError(`${op}: got numClasses ${numClasses}, expected a whole number of at least 1`);
  }
  return scope(() => {
    const classes = arange(0, numClasses, 1, { device: indices.device, dtype: "int32" });
    return cast(eq(unsqueeze(indices, -1), classes), "int32");
  });
}
