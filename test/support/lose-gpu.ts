/**
 * Takes the GPU away from a training in the middle of a call of the device, which no busy machine can shift to another.
 *
 * A test calls `loseGpuAt` on a device of its own. Loaded before a program (`node --import`), with MIEN_TEST_LOSE_GPU_AT
 * set, it does so to whatever device the program opens, and fails the program if that does not end within five seconds;
 * with 0 it takes nothing away, and prints at the end how many calls there were to choose from.
 */

import { WebGPUDevice } from "@mien/webgpu";

const METHODS = ["alloc", "free", "write", "read", "launch", "flush", "sync"] as const;

/**
 * Watches the calls of one device, or of all when given the prototype.
 *
 * @param at destroys the GPU's device as this call begins, counted from 1; 0 never does
 * @returns how many calls there were so far, up to the last read: behind it nothing is told and nothing can go wrong
 */
export function loseGpuAt(
  target: WebGPUDevice,
  at: number,
  onLoss: (device: WebGPUDevice) => void,
): () => number {
  let [calls, lastRead] = [0, 0];
  for (const name of METHODS) {
    const method = target[name] as (...args: unknown[]) => unknown;
    const watched = function (this: WebGPUDevice, ...args: unknown[]): unknown {
      if (++calls === at) {
        onLoss(this);
        this.gpuDevice.destroy();
      }
      if (name === "read") lastRead = calls;
      return method.apply(this, args);
    };
    Object.defineProperty(target, name, { value: watched });
  }
  return () => lastRead;
}

const wanted = process.env["MIEN_TEST_LOSE_GPU_AT"];
if (wanted !== undefined) {
  let lost = Infinity;
  const calls = loseGpuAt(WebGPUDevice.prototype, Number(wanted), () => {
    lost = performance.now();
  });
  process.on("exit", () => {
    const seconds = (performance.now() - lost) / 1000;
    if (wanted === "0") console.log(`${calls()} calls of the device`);
    else if (seconds > 5) console.error(`the program ended ${seconds} s after its GPU was lost`);
  });
}
