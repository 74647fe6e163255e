/**
 * The op table: every op of the library with samples of what it takes and what it refuses.
 *
 * It is data, and several tests walk over it: values, gradients, layouts, special values, memory, errors. An op that
 * is exported but has no row here fails the tests.
 */

import { binaryRows } from "./op-table/binary.ts";
import { conv2dRows } from "./op-table/conv2d.ts";
import { copyRows } from "./op-table/copies.ts";
import { matmulRows } from "./op-table/matmul.ts";
import { normalizeRows } from "./op-table/normalize.ts";
import { otherConvolutionRows } from "./op-table/other-convolutions.ts";
import { reduceRows } from "./op-table/reduce.ts";
import type { Row } from "./op-table/row.ts";
import { softmaxRows } from "./op-table/softmax.ts";
import { trainingRows } from "./op-table/training.ts";
import { unaryRows } from "./op-table/unary.ts";
import { viewRows } from "./op-table/views.ts";

export const opTable: readonly Row[] = [
  ...unaryRows,
  ...binaryRows,
  ...viewRows,
  ...copyRows,
  ...reduceRows,
  ...matmulRows,
  ...conv2dRows,
  ...otherConvolutionRows,
  ...normalizeRows,
  ...softmaxRows,
  ...trainingRows,
];
