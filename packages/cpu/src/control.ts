/**
 * The first 8 KiB of the shared memory, which belong to the host: how it tells the threads what to do.
 *
 * The control block's words are known to `kernels/wasm/worker.js` and (the two about scratch) `kernels/wasm/thread.ts`.
 * Words that different threads write stand in cache lines of their own. The argument block holds what the running
 * kernel is told; there is only one, because a launch is over when `launch` returns.
 */

export const CONTROL_ADDRESS = 256;
export const CONTROL_WORDS = 128;
export const ARGUMENTS_ADDRESS = 1024;
export const ARGUMENTS_WORDS = (8192 - ARGUMENTS_ADDRESS) / 4;

/** Indices of the control block's words. */
export const Word = {
  /** Counts launches; a worker sleeps on it. */
  sequence: 0,
  sleepers: 1,
  /** Chunks that nobody has taken yet. */
  remaining: 16,
  /** Chunks that are done; the host sleeps on it. */
  done: 32,
  /** The running kernel, as its place among the module's exported functions. */
  kernel: 48,
  count: 49,
  /** Set by a worker that failed. */
  dead: 50,
  /** Scratch memory: where that of thread 0 begins, and bytes per thread. */
  scratchBase: 64,
  scratchSize: 65,
} as const;
