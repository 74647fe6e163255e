/**
 * Choosing between two tensors element by element.
 */

import { apply, type Op } from "../autograd.ts";
import { empty } from "../create.ts";
import { broadcastShapes, broadcastStrides } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { scalarLike } from "./binary.ts";
import { checkDType, checkNotBytes, checkSameDevice, checkSameDType, checkTensor } from "./check.ts";

const whereOp: Op<[condition: Tensor, a: Tensor, b: Tensor], null> = {
  name: "where",
  saves: { inputs: [0] },
  forward([condition, a, b]) {
    const shape = broadcastShapes("where", condition.shape, broadcastShapes("where", a.shape, b.shape));
    const out = empty(shape, { device: a.device, dtype: a.dtype });
    a.device.launch("where", [condition, a, b, out], {
      shape,
      conditionStrides: broadcastStrides(condition.shape, condition.strides, shape),
      aStrides: broadcastStrides(a.shape, a.strides, shape),
      bStrides: broadcastStrides(b.shape, b.strides, shape),
    });
    return out;
  },
  gradients: ({ grad, input }) => {
    const zero = () => scalarLike(0, grad);
    return [null, () => where(input(0), grad, zero()), () => where(input(0), zero(), grad)];
  },
};

/**
 * `a` where `condition` (bool) holds, else `b`, with broadcasting. A gradient flows only to the one that was chosen.
 * https://pytorch.org/docs/stable/generated/torch.where.html
 */
export function where(condition: Tensor, a: Tensor, b: Tensor): Tensor {
  checkTensor("where", condition, a, b);
  checkSameDevice("where", condition, a, b);
  checkDType("where", "condition", condition, "bool");
  checkSameDType("where", a, b);
  checkNotBytes("where", a);
  return apply(whereOp, [condition, a, b], null);
}
