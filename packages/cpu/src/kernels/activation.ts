import type { Activation } from "@mien/tensor";

/** An activation's number in kernels/wasm/activation.ts, which computes a leaky ReLU of the usual slopes as a maximum. */
export function activationCode(activation: Activation, negativeSlope: number): number {
  if (activation === "none") return 0;
  if (activation === "relu") return 1;
  return negativeSlope > 0 && negativeSlope <= 1 ? 2 : 3;
}
