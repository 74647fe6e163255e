/**
 * The op table: every op of the library with samples of what it takes and what it refuses.
 *
 * It is data, and several tests walk over it: values, gradients, layouts, special values, memory, errors. An op that
 * is exported but has no row here fails the tests.
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

export const opTable: readonly Row[] = [
  ...unaryRows,
  ...activationRows,
  ...binaryRows,
  ...viewRows,
  ...copyRows,
  ...reduceRows,
  ...extremumRows,
  ...statisticsRows,
  ...matmulRows,
  ...conv2dRows,
  ...normalizeRows,
  ...poolingRows,
  ...resamplingRows,
  ...dropoutRows,
  ...softmaxRows,
  ...lossRows,
  ...trainingRows,
  ...optimRows,
  ...indexingRows,
  ...scanRows,
  ...maskRows,
  ...padRows,
  ...rearrangeRows,
  ...splitRows,
];
