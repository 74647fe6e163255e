/**
 * Every number that was chosen for speed, in one place. None of them changes a result's meaning, and all cuts that
 * could change its last bits depend on shapes alone, never on the adapter.
 *
 * Set in November 2026 by reasoning about desktop GPUs and checked for correctness on software adapters; no hardware
 * has been measured yet.
 */

/** Launches that are collected before they are submitted together. */
export const launchesPerBatch = 32;

/** Work that waits for pipelines in the background; with more than this the program has to wait for them itself. */
export const heldLimit = 1024;

/** Dispatches whose parameters fit the uniform buffer at once; a batch that needs more is submitted early. */
export const uniformSlots = 256;

/** Freed buffers are kept for reuse up to this many bytes in all; what is freed beyond that is destroyed. */
export const pooledBytesLimit = 2 ** 30;

/** Bind groups kept, the oldest are dropped first. */
export const bindGroupsLimit = 4096;

/** Invocations of a workgroup in all kernels but the matrix products; `include/grid.wgsl` has the same number. */
export const workgroupSize = 256;

/** Workgroups that keep a GPU busy: with fewer than these, reductions and products share their sums between workgroups. */
export const busyWorkgroups = 512;

/** Rows up to this length are reduced by a single invocation. */
export const shortRow = 32;

/** Resampling: from this many columns to one output, several invocations share an output. */
export const wideWindow = 16;
export const wideWindowLanes = 16;

/** Elements that one invocation of a shared reduction adds up at least. */
export const reduceElementsPerInvocation = 16;

/** Steps of k that a workgroup of a shared product takes at least. */
export const productMinimumSplit = 128;

/** The largest number of workgroups that share the k of one tile. */
export const productMaximumSplits = 256;

/** More parts of a sum than this are added up by several invocations. */
export const fewSplits = 32;
export const splitLanes = 8;

/** Depth of a matrix product's tile; `include/tile_loop.wgsl` explains it. */
export const productTileK = 16;

/** What four values from workgroup memory, and one from an operand, cost beside one multiply-add. */
export const productReadCost = 4;
export const productFetchCost = 10;
