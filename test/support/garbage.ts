/**
 * Garbage collection on request, for tests that count what only it would free.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
/** Collects what is unreachable. Finalizers run later, between tasks. */
export const collectGarbage = runInNewContext("gc") as () => void;

/** Collects what is unreachable, lets its finalizers run, and collects what these have let go. */
export async function collectAll(): Promise<void> {
  for (let round = 0; round < 4; round++) {
    collectGarbage();
    // Immediates come behind the tasks that a collection leaves, however long the machine takes over them.
    for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve));
  }
}

/**
 * Collects until `isDone`, or for many seconds. What is unreachable need not go at the first try: on a busy machine the
 * compiler's threads may hold on to it for a while. What leaks never goes.
 */
export async function collectUntil(isDone: () => boolean): Promise<void> {
  for (let round = 0; round < 300 && !isDone(); round++) {
    if (round > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    await collectAll();
  }
}
