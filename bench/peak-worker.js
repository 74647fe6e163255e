/**
 * One thread of the peak loop, in plain JavaScript because threads start without tsx. It is sent numbers of calls, and
 * answers each when it has made them.
 */

import { parentPort, workerData } from "node:worker_threads";

const { module, turnsPerCall } = workerData;
const { run } = new WebAssembly.Instance(module).exports;

parentPort.on("message", (calls) => {
  for (let call = 0; call < calls; call++) run(turnsPerCall);
  parentPort.postMessage(calls);
});
