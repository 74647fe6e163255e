/**
 * Choosing by index along one axis, and its transpose, which adds up.
 */

import { fill } from "./elementwise.ts";
import { groupsFor, type Plan, scalarOf } from "./plan.ts";

/** NaN in float32, as the bits that are written. */
const NAN_BITS = 0x7fc00000;

export const gather: Plan<"gather"> = {
  variants: [true, false].map((SHARED) => ({ shader: "gather", knobs: { SHARED } })),
  launch(gpu, [x, index, out], { outer, size, inner, count, shared }) {
    const missing = scalarOf(gpu.kernel, x.dtype) === "f32" ? NAN_BITS : 0;
    const total = outer * count * inner;
    gpu.dispatch({
      variant: { shader: "gather", knobs: { SHARED: shared } },
      buffers: { x: x.buffer, index: index.buffer, out: out.buffer },
      params: {
        ...{ size, inner, count, missing, total },
        ...{ offset0: x.offset, offset1: index.offset, offset2: out.offset },
      },
      workgroups: groupsFor(total),
    });
  },
};

export const scatterAdd: Plan<"scatterAdd"> = {
  variants: [
    { shader: "scatter_add_link" },
    ...[true, false].map((SHARED) => ({ shader: "scatter_add", knobs: { SHARED, T: "f32" } })),
  ],
  launch(gpu, [src, index, out], { outer, size, inner, count, shared }) {
    const T = scalarOf(gpu.kernel, src.dtype);
    const total = outer * size * inner;
    if (total === 0) return;
    // Lists of places, one per element: for all rows and columns together, or for each of them.
    const lists = shared ? 1 : outer * inner;
    const links = lists * count;
    const heads = gpu.alloc(4 * lists * size);
    const next = gpu.alloc(4 * Math.max(1, links));
    fill.launch(gpu, [{ buffer: heads, offset: 0, dtype: "int32" }], { count: lists * size, value: -1 });
    gpu.dispatch({
      variant: { shader: "scatter_add_link" },
      buffers: { index: index.buffer, heads, next },
      params: {
        ...{ size, inner: shared ? 1 : inner, count, missing: 0, total: links },
        ...{ offset0: index.offset, offset1: 0, offset2: 0 },
      },
      workgroups: groupsFor(links),
    });
    gpu.dispatch({
      variant: { shader: "scatter_add", knobs: { SHARED: shared, T } },
      buffers: { src: src.buffer, heads, out: out.buffer, next },
      params: {
        ...{ size, inner, count, missing: 0, total },
        ...{ offset0: src.offset, offset1: 0, offset2: out.offset },
      },
      workgroups: groupsFor(total),
    });
    gpu.free(heads);
    gpu.free(next);
  },
};
