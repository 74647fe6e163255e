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
