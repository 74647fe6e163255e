/** Host sides of the kernels that draw random numbers. */

import type { RandomStream } from "@mien/tensor";
import type { HostKernel, Launch } from "../launch.ts";
import { ELEMENTS_PER_CHUNK } from "../tuning.ts";

function writeStream(launch: Launch, count: number, { key0, key1, counter }: RandomStream): void {
  launch.ints(count, key0, key1, counter, Math.floor(counter / 2 ** 32));
}

export const uniform: HostKernel<"uniform"> = (launch, [out], { count, low, high, ...stream }) => {
  launch.floats(null, out);
  writeStream(launch, count, stream);
  launch.float(0);
  launch.float(low);
  launch.float(high - low);
  launch.run("uniform", Math.ceil(count / ELEMENTS_PER_CHUNK));
};

export const dropout: HostKernel<"dropout"> = (launch, [x, out], { count, p, ...stream }) => {
  launch.floats(x, out);
  writeStream(launch, count, stream);
  launch.float(1 / (1 - p));
  launch.float(0);
  launch.float(0);
  // u < p, asked of the integer that u was made from: float32 would round p.
  launch.int(Math.ceil(p * 2 ** 24));
  launch.run("dropout", Math.ceil(count / ELEMENTS_PER_CHUNK));
};
