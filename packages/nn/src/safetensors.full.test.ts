/**
 * The long run of mutated files.
 */

import { expect, test } from "vitest";
import { fuzzSafetensors } from "./safetensors.fuzz.ts";

test("100,000 mutated files: none crashes, none takes a second or much memory", () => {
  fuzzSafetensors(1000, 1); // what the test itself takes
  const before = process.resourceUsage().maxRSS;
  const { accepted, slowest } = fuzzSafetensors(100_000, 2);
  const megabytes = (process.resourceUsage().maxRSS - before) / 1000;
  console.log(
    `${accepted} accepted, slowest ${slowest.toFixed(3)} s, ${megabytes.toFixed(0)} MB more at the peak`,
  );
  expect(slowest).toBeLessThan(1);
  expect(megabytes).toBeLessThan(64);
});
