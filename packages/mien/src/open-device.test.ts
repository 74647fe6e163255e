/**
 * What `openDevice` refuses before it looks for a device.
 */

import { ArgumentError, DeviceError } from "@mien/tensor";
import { expect, test } from "vitest";
import { openDevice } from "./open-device.ts";

test.each(["cpu", "reference"] as const)("%s refuses what WebGPU alone can do", async (name) => {
  for (const options of [{ float32MatmulPrecision: "medium" }, { subgroups: true }] as const) {
    const opening = openDevice(name, options);
    await expect(opening).rejects.toThrow(DeviceError);
    await expect(opening).rejects.toThrow(
      `openDevice: got the option ${Object.keys(options)[0]} for the device ${name}, expected it for webgpu alone`,
    );
  }
  const device = await openDevice(name, { float32MatmulPrecision: "highest", subgroups: false });
  expect(device.name).toBe(name);
  device.dispose();
});

test("an option that does not exist is refused", async () => {
  const opening = openDevice("cpu", { matmulPrecision: "medium" } as object);
  await expect(opening).rejects.toThrow(ArgumentError);
  await expect(opening).rejects.toThrow(
    "openDevice: got the option matmulPrecision, expected threads, relaxedSimd",
  );
});
