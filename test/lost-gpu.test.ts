/**
 * A GPU that is lost in the middle of a training: an error that says so, soon, and no number from a dead device.
 *
 * `lost-gpu.full.test.ts` takes more moments, and programs.
 */

import { test } from "vitest";
import { describeWithAdapter } from "../packages/webgpu/src/for-tests.ts";
import { expectHonestEnds } from "./support/lost-training.ts";

await describeWithAdapter("a training whose GPU is lost", () => {
  test("at 3 random moments", () => expectHonestEnds(3, 1));
});
