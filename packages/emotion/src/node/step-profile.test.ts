import { type Device, DeviceError, openDevice, zeros } from "mien";
import { afterAll, expect, test } from "vitest";
import { StepProfile } from "./step-profile.ts";

const device = await openDevice("reference");
afterAll(() => device.dispose());

/** The lines that a training of so many steps an epoch says, whose trainer tells of every n-th step. */
async function linesOf(steps: number, every: number, on: Device = device): Promise<string[]> {
  const lines: string[] = [];
  const profile = new StepProfile(on, (line) => lines.push(line));
  for (let step = 1; step <= steps; step++) {
    zeros([2], { device }).dispose();
    if (step % every === 0 || step === steps) {
      profile.step({ epoch: 1, step, steps, images: step, loss: 1, accuracy: 0 });
    }
  }
  await profile.end();
  return lines;
}

test("a table of 20 steps, or of those that the epoch has left", async () => {
  for (const [steps, every, range, launches] of [
    [100, 1, "2 to 21", 20],
    [8, 1, "2 to 8", 7],
    [100, 16, "17 to 48", 32],
  ] as const) {
    const lines = await linesOf(steps, every);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`profile: steps ${range} of epoch 1`);
    expect(lines[0]).toMatch(new RegExp(`^fill +2 +${launches} `, "m"));
  }
});

test("one sentence where there is nothing to show", async () => {
  expect(await linesOf(1, 1)).toEqual(["profile: none, training ended before there were steps to time"]);
  const blind = Object.create(device, {
    timeLaunches: {
      value: () => {
        throw new DeviceError("webgpu: no clock");
      },
    },
  }) as Device;
  expect(await linesOf(30, 1, blind)).toEqual(["profile: none, webgpu: no clock"]);
});
