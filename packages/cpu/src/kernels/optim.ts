/**
 * Host sides of the optimizers' updates.
 *
 * Differences from 1 are taken here, in float64: in float32 they lose half their digits.
 */

import type { HostKernel } from "../launch.ts";
import { chunksOf } from "./elementwise.ts";

export const adam: HostKernel<"adam"> = (launch, operands, params) => {
  const { count, lr, beta1, beta2, eps, weightDecay, decoupled, stepSize, sqrtBiasCorrection2 } = params;
  launch.floats(...operands);
  launch.int(count);
  launch.float(decoupled ? 1 - lr * weightDecay : 1);
  launch.float(decoupled ? 0 : weightDecay);
  launch.float(beta1);
  launch.float(1 - beta1);
  launch.float(beta2);
  launch.float(1 - beta2);
  launch.float(eps);
  launch.float(stepSize);
  launch.float(sqrtBiasCorrection2);
  launch.run("adam", chunksOf(count));
};

export const sgd: HostKernel<"sgd"> = (launch, operands, params) => {
  const { count, lr, momentum, dampening, nesterov, weightDecay, first } = params;
  launch.floats(...operands);
  launch.ints(count, Number(first), Number(nesterov));
  launch.float(lr);
  launch.float(momentum);
  launch.float(1 - dampening);
  launch.float(weightDecay);
  launch.run("sgd", chunksOf(count));
};

export const rmsprop: HostKernel<"rmsprop"> = (launch, operands, params) => {
  const { count, lr, alpha, eps, weightDecay, momentum } = params;
  launch.floats(...operands);
  launch.int(count);
  launch.float(lr);
  launch.float(alpha);
  launch.float(1 - alpha);
  launch.float(eps);
  launch.float(weightDecay);
  launch.float(momentum);
  launch.run("rmsprop", chunksOf(count));
};

export const adagrad: HostKernel<"adagrad"> = (launch, operands, { count, lr, eps, weightDecay }) => {
  launch.floats(...operands);
  launch.int(count);
  launch.float(lr);
  launch.float(eps);
  launch.float(weightDecay);
  launch.run("adagrad", chunksOf(count));
};

export const movingAverage: HostKernel<"movingAverage"> = (launch, operands, { count, rate }) => {
  launch.floats(...operands);
  launch.int(count);
  launch.float(rate);
  launch.run("movingAverage", chunksOf(count));
};
