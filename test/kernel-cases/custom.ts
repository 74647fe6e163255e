/**
 * Cases for kernels that a program brings along: offsets, sizes, parameters and element types.
 */

import type { CustomKernel } from "@mien/tensor";
import { type CaseOf, input, integers, type KernelCase, output } from "./case.ts";

const weighted: CustomKernel = {
  name: "weighted",
  inputs: ["a", "b"],
  params: ["alpha", "beta"],
  js: ({ a, b, out }, { alpha, beta }) => {
    for (let i = 0; i < out!.length; i++) out![i] = alpha! * a![i]! + beta! * b![i % b!.length]!;
  },
  wgsl: "return params.alpha * a(i) + params.beta * b(i % 7u);",
};

const whole: CustomKernel = {
  name: "whole",
  inputs: ["x"],
  params: [],
  js: ({ x, out }) => {
    for (let i = 0; i < out!.length; i++) out![i] = x![out!.length - 1 - i]! + 1;
  },
  wgsl: "return x(uniforms.count - 1u - i) + 1;",
};

const sizes = [0, 1, 255, 256, 257, 1025];

export const customCases: readonly KernelCase[] = [
  ...sizes.map(
    (count): CaseOf<"custom"> => ({
      kernel: "custom",
      name: `two inputs, two parameters, ${count} elements`,
      params: { kernel: weighted, counts: [count, count, 7], values: { alpha: 0.5, beta: -2 } },
      operands: [output("float32", count), input("float32", count), input("float32", 7)],
    }),
  ),
  {
    kernel: "custom",
    name: "int32, no parameters",
    params: { kernel: whole, counts: [77, 77], values: {} },
    operands: [output("int32", 77), input("int32", 77, integers(-2e9, 2e9))],
  },
];
