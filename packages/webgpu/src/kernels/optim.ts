/**
 * The optimizers' updates: one invocation for each parameter.
 *
 * What an update does not remember this time is bound all the same, because a shader's bindings are fixed; and as two
 * bindings that are written may not share a buffer, each gets a spare one.
 */

import type { Operand } from "@mien/tensor";
import type { Variant } from "../shader.ts";
import { groupsFor, type Launcher, type Plan } from "./plan.ts";

/** Runs `dispatch` with a buffer for each operand that may be absent. */
function withSpares(
  gpu: Launcher,
  operands: readonly (Operand | null)[],
  dispatch: (present: readonly Operand[]) => void,
): void {
  const present = operands.map(
    (operand) => operand ?? { buffer: gpu.alloc(4), offset: 0, dtype: "float32" as const },
  );
  dispatch(present);
  for (const [i, { buffer }] of present.entries()) if (operands[i] === null) gpu.free(buffer);
}

const adamVariant = (amsgrad: boolean): Variant => ({ shader: "adam", knobs: { AMSGRAD: amsgrad } });

export const adam: Plan<"adam"> = {
  variants: [adamVariant(false)],
  launch(gpu, [param, grad, m, v, maybeMaxV], params) {
    const { count, lr, beta1, beta2, weightDecay } = params;
    withSpares(gpu, [maybeMaxV], ([maxV]) => {
      gpu.dispatch({
        variant: adamVariant(maybeMaxV !== null),
        buffers: {
          param: param.buffer,
          grad: grad.buffer,
          m: m.buffer,
          v: v.buffer,
          maxV: maxV!.buffer,
        },
        params: {
          ...params,
          paramOffset: param.offset,
          gradOffset: grad.offset,
          mOffset: m.offset,
          vOffset: v.offset,
          maxVOffset: maxV!.offset,
          oneMinusBeta1: 1 - beta1,
          oneMinusBeta2: 1 - beta2,
          keep: 1 - lr * weightDecay,
        },
        workgroups: groupsFor(count),
      });
    });
  },
};

const sgdVariant = (momentum: boolean): Variant => ({ shader: "sgd", knobs: { MOMENTUM: momentum } });

export const sgd: Plan<"sgd"> = {
  variants: [sgdVariant(false), sgdVariant(true)],
  launch(gpu, [param, grad, maybeVelocity], params) {
    withSpares(gpu, [maybeVelocity], ([velocity]) => {
      gpu.dispatch({
        variant: sgdVariant(maybeVelocity !== null),
        buffers: { param: param.buffer, grad: grad.buffer, velocity: velocity!.buffer },
        params: {
          ...params,
          paramOffset: param.offset,
          gradOffset: grad.offset,
          velocityOffset: velocity!.offset,
          oneMinusDampening: 1 - params.dampening,
        },
        workgroups: groupsFor(params.count),
      });
    });
  },
};

const rmspropVariant = (centered: boolean, momentum: boolean): Variant => ({
  shader: "rmsprop",
  knobs: { CENTERED: centered, MOMENTUM: momentum },
});

export const rmsprop: Plan<"rmsprop"> = {
  variants: [rmspropVariant(false, false)],
  launch(gpu, [param, grad, squareAvg, maybeGradAvg, maybeVelocity], params) {
    withSpares(gpu, [maybeGradAvg, maybeVelocity], ([gradAvg, velocity]) => {
      gpu.dispatch({
        variant: rmspropVariant(maybeGradAvg !== null, maybeVelocity !== null),
        buffers: {
          param: param.buffer,
          grad: grad.buffer,
          squareAvg: squareAvg.buffer,
          gradAvg: gradAvg!.buffer,
          velocity: velocity!.buffer,
        },
        params: {
          ...params,
          paramOffset: param.offset,
          gradOffset: grad.offset,
          squareAvgOffset: squareAvg.offset,
          gradAvgOffset: gradAvg!.offset,
          velocityOffset: velocity!.offset,
          oneMinusAlpha: 1 - params.alpha,
        },
        workgroups: groupsFor(params.count),
      });
    });
  },
};

export const adagrad: Plan<"adagrad"> = {
  variants: [{ shader: "adagrad" }],
  launch(gpu, [param, grad, sum], params) {
    gpu.dispatch({
      variant: { shader: "adagrad" },
      buffers: { param: param.buffer, grad: grad.buffer, sum: sum.buffer },
      params: { ...params, paramOffset: param.offset, gradOffset: grad.offset, sumOffset: sum.offset },
      workgroups: groupsFor(params.count),
    });
  },
};

export const movingAverage: Plan<"movingAverage"> = {
  variants: [{ shader: "moving_average" }],
  launch(gpu, [x, average], { count, rate }) {
    gpu.dispatch({
      variant: { shader: "moving_average" },
      buffers: { x: x.buffer, average: average.buffer },
      params: { count, rate, xOffset: x.offset, averageOffset: average.offset },
      workgroups: groupsFor(count),
    });
  },
};
