/**
 * A learned vector for each of a fixed number of words.
 */

import { ArgumentError, embedding, noGrad, type Tensor } from "@mien/tensor";
import { checkWhole } from "../check.ts";
import { normal } from "../init.ts";
import { Module } from "../module.ts";
import { Parameter } from "../parameter.ts";
import type { LayerOptions } from "./options.ts";

export interface EmbeddingLayerOptions extends LayerOptions {
  /** The word that stands for nothing: its vector is 0 at first, and gets no gradient. */
  readonly paddingIdx?: number;
}

/**
 * Input int32 of any shape, output of that shape with `embeddingDim` behind it.
 * https://pytorch.org/docs/stable/generated/torch.nn.Embedding.html
 */
export class Embedding extends Module {
  readonly numEmbeddings: number;
  readonly embeddingDim: number;
  readonly paddingIdx: number | null;
  /** [numEmbeddings, embeddingDim] */
  readonly weight: Parameter;

  /** @throws ArgumentError for sizes below 1, or a paddingIdx that is no word */
  constructor(numEmbeddings: number, embeddingDim: number, options: EmbeddingLayerOptions = {}) {
    super();
    checkWhole("Embedding", "numEmbeddings", numEmbeddings, 1);
    checkWhole("Embedding", "embeddingDim", embeddingDim, 1);
    const { paddingIdx } = options;
    if (
      paddingIdx !== undefined &&
      !(Number.isInteger(paddingIdx) && Math.abs(paddingIdx + 0.5) < numEmbeddings)
    ) {
      throw new ArgumentError(
        `Embedding: got paddingIdx ${paddingIdx}, expected ${-numEmbeddings}..${numEmbeddings - 1}`,
      );
    }
    this.numEmbeddings = numEmbeddings;
    this.embeddingDim = embeddingDim;
    this.paddingIdx = paddingIdx === undefined ? null : (paddingIdx + numEmbeddings) % numEmbeddings;
    this.weight = Parameter.empty([numEmbeddings, embeddingDim], options);
    normal(this.weight, 0, 1, options);
    const padding = this.paddingIdx;
    if (padding !== null) {
      noGrad(() => {
        using row = this.weight.select(0, padding);
        using zeros = row.zerosLike();
        row.copy_(zeros);
      });
    }
  }

  override forward(indices: Tensor): Tensor {
    return embedding(indices, this.weight, this.paddingIdx === null ? {} : { paddingIdx: this.paddingIdx });
  }
}
