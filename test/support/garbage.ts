/**
 * Garbage collection on request, for tests that count what only it would free.
 */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
/** Collects what is unreachable. Finalizers run later, between tasks. */
export const collectGarbage = runInNewContext("gc") as () => void;

/** Collects what is unreachable, and lets its finalizers run. */
export async function collectAll(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
