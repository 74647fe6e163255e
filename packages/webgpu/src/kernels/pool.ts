/**
 * Max pooling and its gradient.
 */

import { groupsFor, type Plan } from "./plan.ts";

export const maxPool2d: Plan<"maxPool2d"> = {
  variants: [{ shader: "max_pool2d" }],
  launch(gpu, [x, out, indices], pool) {
    const count = pool.planes * pool.hOut * pool.wOut;
    gpu.dispatch({
      variant: { shader: "max_pool2d" },
      buffers: { x: x.buffer, out: out.buffer, indices: indices.buffer },
      params: { ...pool, offset0: x.offset, offset1: out.offset, offset2: indices.offset, count },
      workgroups: groupsFor(count),
    });
  },
};

export const maxPool2dGrad: Plan<"maxPool2dGrad"> = {
  variants: [{ shader: "max_pool2d_grad" }],
  launch(gpu, [gradOut, indices, gradX], pool) {
    const count = pool.planes * pool.hIn * pool.wIn;
    gpu.dispatch({
      variant: { shader: "max_pool2d_grad" },
      buffers: { gradOut: gradOut.buffer, indices: indices.buffer, gradX: gradX.buffer },
      params: { ...pool, offset0: gradOut.offset, offset1: indices.offset, offset2: gradX.offset, count },
      workgroups: groupsFor(count),
    });
  },
};
