/**
 * Augmentation: a batch of images, picked and changed by one workgroup each.
 */

import type { Variant } from "../shader.ts";
import { workgroupSize } from "../tuning.ts";
import type { Plan } from "./plan.ts";

const variant: Variant = { shader: "augment", knobs: { LANES: workgroupSize } };

export const augment: Plan<"augment"> = {
  variants: [variant],
  launch(gpu, [images, indices, transforms, out], params) {
    gpu.dispatch({
      variant,
      buffers: {
        images: images.buffer,
        indices: indices.buffer,
        transforms: transforms.buffer,
        out: out.buffer,
      },
      params: {
        ...params,
        deviation: params.std,
        imagesOffset: images.offset,
        indicesOffset: indices.offset,
        transformsOffset: transforms.offset,
        outOffset: out.offset,
      },
      workgroups: params.hOut * params.wOut === 0 ? 0 : params.batch,
    });
  },
};
