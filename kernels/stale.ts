/**
 * Tells whether the generated module still matches its sources (Node only; for tests and benches, which must not
 * silently measure yesterday's kernels).
 */

import { hashSources, readGeneratedHashes } from "./sources.ts";

/** Why the generated module must not be used, or null when it is up to date. */
export function staleReason(): string | null {
  const generated = readGeneratedHashes();
  if (!generated) return "the kernels have not been built, run: npm run build:kernels";
  if (generated.sourceHash !== hashSources().sourceHash) {
    return "the kernels' sources have changed since they were built, run: npm run build:kernels";
  }
  return null;
}
