/**
 * Threads in a browser: inside a Web Worker, which may wait, the device starts workers of its own; on the page's main
 * thread it computes alone.
 */

import { expect, test } from "vitest";
import { openCpu } from "./open.ts";

test("on the main thread there is one thread", async () => {
  const device = await openCpu({ threads: 4 });
  expect(device.description).toMatch(/1 thread\)$/);
  device.dispose();
});

test("inside a worker there are several, and sums are right", async () => {
  expect(crossOriginIsolated).toBe(true);
  const worker = new Worker(new URL("./threads.browser-worker.ts", import.meta.url), { type: "module" });
  const answer = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = (event) => reject(new Error(event.message));
  });
  worker.terminate();
  expect(answer).toEqual({ description: expect.stringMatching(/2 threads\)$/), sum: 3 * (1 << 20) });
});
