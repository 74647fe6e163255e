/**
 * The devices of a whole test file: opened for it and disposed behind it, with a skipped test, and its reason, for each
 * that is not here.
 */

import { afterAll, test } from "vitest";
import { openTestDevices, type TestDevice } from "./devices.ts";

export async function devicesOfFile(): Promise<readonly TestDevice[]> {
  const { present, skipped } = await openTestDevices();
  afterAll(() => {
    for (const { device } of present) device.dispose();
  });
  for (const { label, reason } of skipped) test.skip(`${label}: ${reason}`, () => {});
  return present;
}
