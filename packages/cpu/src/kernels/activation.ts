import type { Activation } from "@mien/tensor";

/** Each activation's number in kernels/wasm/activation.ts. */
export const activations: Readonly<Record<Activation, number>> = { none: 0, relu: 1, leakyRelu: 2 };
