/** What threads.browser.test.ts runs inside a Web Worker: a sum over many chunks, until workers had time to join in. */

import { openCpu } from "./open.ts";

const count = 1 << 20;
const device = await openCpu({ threads: 2 });
const x = { buffer: device.alloc(4 * count), offset: 0, dtype: "float32" } as const;
const total = { buffer: device.alloc(4), offset: 0, dtype: "float32" } as const;
for (let i = 0; i < 50; i++) {
  device.launch("fill", [x], { count, value: 3 });
  device.launch("reduce", [x, total], { op: "sum", shape: [count], xStrides: [1], kept: 0 });
  await device.sync();
}
const [sum] = new Float32Array(await device.read(total.buffer, 0, 4));
postMessage({ description: device.description, sum });
