/**
 * Profiles: every launch is counted and has a time, nothing else changes, and nothing is left behind.
 */

import { EmotionCNN } from "@mien/emotion";
import {
  Adam,
  ArgumentError,
  capture,
  crossEntropy,
  type Device,
  DeviceError,
  Generator,
  type Profile,
  randn,
  scope,
  startProfile,
  tensor,
} from "mien";
import { describe, expect, test } from "vitest";
import { devicesOfFile } from "./support/devices-of-file.ts";

const present = await devicesOfFile();

/** A small training whose steps are plain or captured. */
function training(device: Device, captured: boolean) {
  const generator = new Generator(3);
  const model = new EmotionCNN({ device, generator, imageSize: 8 });
  const images = randn([4, 3, 8, 8], { device, generator }).keep();
  const labels = tensor([0, 1, 2, 3], { device, dtype: "int32" }).keep();
  const optimizer = new Adam(model.parameters());
  const body = () => {
    const loss = crossEntropy(model.forward(images), labels);
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
  };
  const replayed = capture(device, body);
  const dispose = () => {
    replayed.dispose();
    optimizer.dispose();
    model.dispose();
    images.dispose();
    labels.dispose();
  };
  return { model, step: captured ? () => replayed() : () => scope(body), dispose };
}

/** Steps of which the last ones are profiled, or not. */
async function run(device: Device, captured: boolean, profiled: boolean) {
  const { model, step, dispose } = training(device, captured);
  for (let i = 0; i < 3; i++) step();
  await device.sync();
  const before = device.stats().launches;
  const profile = profiled ? startProfile(device) : null;
  for (let i = 0; i < 3; i++) step();
  const found = await profile?.stop();
  const launches = device.stats().launches - before;
  const weights = await Promise.all(model.parameters().map((parameter) => parameter.data()));
  dispose();
  return { found, launches, weights };
}

/** Whether the device has a clock; a profile that cannot be is refused with the reason. */
async function hasClock(device: Device): Promise<boolean> {
  try {
    await startProfile(device).stop();
    return true;
  } catch (error) {
    expect(error).toBeInstanceOf(DeviceError);
    expect(String(error)).toContain("has no timestamp-query");
    return false;
  }
}

for (const { label, device } of present) {
  const clock = await hasClock(device);
  describe(label, () => {
    if (!clock) test.skip("this adapter has no timestamp-query", () => {});

    for (const captured of [false, true]) {
      test.runIf(clock)(`${captured ? "captured" : "plain"} steps: all launches, the same bits`, async () => {
        const alone = await run(device, captured, false);
        const { liveBuffers, liveBytes } = device.stats();
        const { found, launches, weights } = await run(device, captured, true);
        expect(weights).toEqual(alone.weights);
        expect(launches).toBe(alone.launches);
        expect(device.stats()).toMatchObject({ liveBuffers, liveBytes });

        const { rows, kernelMilliseconds, wallMilliseconds } = found as Profile;
        expect(found!.launches).toBe(launches);
        expect(rows.reduce((sum, row) => sum + row.launches, 0)).toBe(launches);
        for (const row of rows) {
          expect(row.launches % 3, `${row.kernel} ${row.detail}`).toBe(0);
          expect(row.milliseconds, `${row.kernel} ${row.detail}`).toBeGreaterThanOrEqual(0);
        }
        expect(kernelMilliseconds).toBeGreaterThan(0);
        expect(rows.reduce((sum, row) => sum + row.share, 0)).toBeCloseTo(1);
        // Another clock than the host's, which begins a little earlier: it may not be ahead by more than a trifle.
        expect(wallMilliseconds).toBeGreaterThan(0.9 * kernelMilliseconds);
        const convolution = rows.find(
          ({ kernel, detail }) => kernel === "conv2dMaxPool" && /x32x3x3$/.test(detail),
        )!;
        expect(convolution.detail).toBe("leakyRelu 4x16x8x8x32x3x3");
        expect(convolution.launches).toBe(3);
        expect(convolution.gigaflopsPerSecond).toBeCloseTo(
          (3 * 2 * 4 * 32 * 64 * 16 * 9) / convolution.milliseconds / 1e6,
        );
        expect(rows.find(({ kernel }) => kernel === "adam")!.gigaflopsPerSecond).toBeNull();
        expect(`${found}`).toMatch(/^kernel +launches +ms +share +GFLOP\/s\n/);
        expect(`${found}`).toMatch(/^all kernels +\d+ +[\d.]+ +100\.0 %$/m);
        expect(`${found}`).toMatch(/from start to end [\d.]+ ms, of them [\d.]+ % outside of kernels$/);
      });
    }

    test.runIf(clock)("launches before and after are not in it, and many are told apart", async () => {
      const x = randn([5, 7], { device }).keep();
      const work = () => scope(() => void x.add(1).exp().sum(1));
      work();
      const profile = startProfile(device);
      for (let i = 0; i < 300; i++) work(); // more than the GPU has timestamps for at once
      const stopping = profile.stop();
      work();
      const { rows, launches } = await stopping;
      expect(launches).toBe(900);
      const found = Object.fromEntries(rows.map((row) => [`${row.kernel} ${row.detail}`, row.launches]));
      expect(found).toMatchObject({ "unary exp 5x7": 300, "reduce sum 5x7": 300 });
      expect(await profile.stop()).toBe(await stopping);
      x.dispose();
    });

    test.runIf(clock)("an empty profile, and two at once", async () => {
      const profile = startProfile(device);
      expect(() => startProfile(device)).toThrow(ArgumentError);
      expect(() => startProfile(device)).toThrow("is being profiled already");
      const { rows, launches, kernelMilliseconds } = await profile.stop();
      expect([rows.length, launches, kernelMilliseconds]).toEqual([0, 0, 0]);
      await startProfile(device).stop();
    });
  });
}
