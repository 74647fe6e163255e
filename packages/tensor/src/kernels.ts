/**
 * The contract between ops and devices: every kernel by name, with its operands and parameters, by family.
 *
 * Each device has one table that `satisfies` this list, so a kernel that a device lacks is a compile error and never
 * a message to the user. All counts, strides and offsets are in elements. Kernels that take strides say so (up to
 * rank 8, row-major order of `shape`, a stride of 0 repeats an element); all others take contiguous operands. Outputs
 * are always contiguous unless they have strides in the params.
 */

import type { ActivationKernels } from "./kernels/activation.ts";
import type { AugmentKernels } from "./kernels/augment.ts";
import type { Conv2dKernels } from "./kernels/conv2d.ts";
import type { CustomKernels } from "./kernels/custom.ts";
import type { ElementwiseKernels } from "./kernels/elementwise.ts";
import type { GridSampleKernels } from "./kernels/grid-sample.ts";
import type { IndexingKernels } from "./kernels/indexing.ts";
import type { MatmulKernels } from "./kernels/matmul.ts";
import type { NormalizeKernels } from "./kernels/normalize.ts";
import type { OptimKernels } from "./kernels/optim.ts";
import type { PoolKernels } from "./kernels/pool.ts";
import type { RandomKernels } from "./kernels/random.ts";
import type { ReduceKernels } from "./kernels/reduce.ts";
import type { ResampleKernels } from "./kernels/resample.ts";
import type { ScanKernels } from "./kernels/scan.ts";
import type { SoftmaxKernels } from "./kernels/softmax.ts";

export {
  type Conv2dMaxPoolGradParams,
  type Conv2dMaxPoolParams,
  type Conv2dParams,
  poolingOf,
} from "./kernels/conv2d.ts";
export type { CustomKernel } from "./kernels/custom.ts";
export type { BinaryOp, DerivativeOp, UnaryOp } from "./kernels/elementwise.ts";
export type { GridSampleMode, GridSamplePadding, GridSampleParams } from "./kernels/grid-sample.ts";
export type { GatherParams } from "./kernels/indexing.ts";
export type { Activation } from "./kernels/matmul.ts";
export type { NormalizeOutParams, NormalizeParams } from "./kernels/normalize.ts";
export type { Pool2dParams } from "./kernels/pool.ts";
export type { RandomStream } from "./kernels/random.ts";
export type { ReduceOp } from "./kernels/reduce.ts";
export type { Resample2dParams } from "./kernels/resample.ts";
export type { AxisParams, CrossEntropyParams } from "./kernels/softmax.ts";

export interface Kernels
  extends ActivationKernels,
    AugmentKernels,
    Conv2dKernels,
    CustomKernels,
    ElementwiseKernels,
    GridSampleKernels,
    IndexingKernels,
    MatmulKernels,
    NormalizeKernels,
    OptimKernels,
    PoolKernels,
    RandomKernels,
    ReduceKernels,
    ResampleKernels,
    ScanKernels,
    SoftmaxKernels {}

export type KernelName = keyof Kernels;

/** The most dimensions that kernels with strides take. */
export const MAX_RANK = 8;
