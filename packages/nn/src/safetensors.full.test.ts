/**
 * The long run of mutated files.
 */

import { expect, test } from "vitest";
import { fuzzSafetensors } from "./safetensors.fuzz.ts";

test("100,000 mutated files: none crashes, none takes a second", () => {
  const { accepted, slowest } = fuzzSafetensors(100_000, 2);
  console.log(`${accepted} accepted, slowest ${slowest.toFixed(3)} s`);
  expect(slowest).toBeLessThan(1);
});
