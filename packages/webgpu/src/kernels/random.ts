/**
 * Random numbers, and dropout.
 */

import type { RandomStream } from "@mien/tensor";
import { groupsFor, type Plan } from "./plan.ts";

function streamParams({ key0, key1, counter }: RandomStream) {
  return { key0, key1, counterLow: counter % 2 ** 32, counterHigh: Math.floor(counter / 2 ** 32) };
}

export const uniform: Plan<"uniform"> = {
  variants: [{ shader: "uniform" }],
  launch(gpu, [out], { count, low, high, ...stream }) {
    gpu.dispatch({
      variant: { shader: "uniform" },
      buffers: { out: out.buffer },
      params: { ...streamParams(stream), count, low, width: high - low, outOffset: out.offset },
      workgroups: groupsFor(count),
    });
  },
};

export const dropout: Plan<"dropout"> = {
  variants: [{ shader: "dropout" }],
  launch(gpu, [x, out], { count, p, ...stream }) {
    gpu.dispatch({
      variant: { shader: "dropout" },
      buffers: { x: x.buffer, out: out.buffer },
      params: {
        ...streamParams(stream),
        count,
        // u < p, asked of the integer that u was made from: float32 would round p.
        threshold: Math.ceil(p * 2 ** 24),
        // Of nothing that is kept where p is 1.
        scale: p < 1 ? 1 / (1 - p) : 0,
        xOffset: x.offset,
        outOffset: out.offset,
      },
      workgroups: groupsFor(count),
    });
  },
};
