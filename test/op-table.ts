/**
 * The op table: every op of the library with samples of what it takes and what it refuses.
 *
 * It is data, and several tests walk over it: values, gradients, layouts, special values, memory, errors. An op that
 * is exported but has no row here fails the tests. Families stand in the order in which docs/ops.md lists them.
 */

import { activationRows } from "./op-table/activations.ts";
import { binaryRows } from "./op-table/binary.ts";
import { conv2dRows } from "./op-table/conv2d.ts";
import { copyRows } from "./op-table/copies.ts";
import { dropoutRows } from "./op-table/dropout.ts";
import { extremumRows } from "./op-table/extremum.ts";
import { indexingRows } from "./op-table/indexing.ts";
import { lossRows } from "./op-table/loss.ts";
import { maskRows } from "./op-table/mask.ts";
import { matmulRows } from "./op-table/matmul.ts";
import { normalizeRows } from "./op-table/normalize.ts";
import { optimRows } from "./op-table/optim.ts";
import { otherConvolutionRows } from "./op-table/other-convolutions.ts";
import { padRows } from "./op-table/pad.ts";
import { poolingRows } from "./op-table/pooling.ts";
import { rearrangeRows } from "./op-table/rearrange.ts";
import { reduceRows } from "./op-table/reduce.ts";
import { resamplingRows } from "./op-table/resampling.ts";
import type { Row } from "./op-table/row.ts";
import { scanRows } from "./op-table/scan.ts";
import { softmaxRows } from "./op-table/softmax.ts";
import { splitRows } from "./op-table/split.ts";
import { statisticsRows } from "./op-table/statistics.ts";
import { trainingRows } from "./op-table/training.ts";
import { unaryRows } from "./op-table/unary.ts";
import { viewRows } from "./op-table/views.ts";

/** Ops that belong together, under the title that readers see. */
export interface OpFamily {
  readonly title: string;
  readonly rows: readonly Row[];
}

export const opFamilies: readonly OpFamily[] = [
  { title: "One element at a time", rows: unaryRows },
  { title: "Activations", rows: activationRows },
  { title: "Two tensors, broadcast; comparisons, choices", rows: binaryRows },
  { title: "Views", rows: viewRows },
  { title: "Copies, types, joining", rows: copyRows },
  { title: "Splitting", rows: splitRows },
  { title: "Rearranging", rows: rearrangeRows },
  { title: "Padding", rows: padRows },
  { title: "Masks", rows: maskRows },
  { title: "Indexing", rows: indexingRows },
  { title: "Sums and their kin", rows: reduceRows },
  { title: "Largest and smallest", rows: extremumRows },
  { title: "Statistics", rows: statisticsRows },
  { title: "Running sums and order", rows: scanRows },
  { title: "Matrix products", rows: matmulRows },
  { title: "Convolution", rows: [...conv2dRows, ...otherConvolutionRows] },
  { title: "Pooling", rows: poolingRows },
  { title: "Resampling", rows: resamplingRows },
  { title: "Normalisation", rows: normalizeRows },
  { title: "Dropout", rows: dropoutRows },
  { title: "Softmax and cross-entropy", rows: softmaxRows },
  { title: "More losses", rows: lossRows },
  { title: "Augmentation", rows: trainingRows },
  { title: "Steps of optimizers, in place", rows: optimRows },
];

export const opTable: readonly Row[] = opFamilies.flatMap(({ rows }) => rows);
