/**
 * The table of kernel cases is complete: a kernel, op or activation without a case fails here.
 *
 * The compiler checks that the lists of names are complete; here the table is checked against the lists.
 */

import type { DType, KernelName } from "@mien/tensor";
import { expect, test } from "vitest";
import { activations, binaryOps, kernelNames, reduceOps, unaryOps } from "./kernel-cases/names.ts";
import { kernelCases } from "./kernel-cases.ts";

/** What a parameter of a kernel is in some case. */
function seen(kernel: KernelName, parameter: string): string[] {
  const values = kernelCases
    .filter((one) => one.kernel === kernel)
    .map(({ params }) => String(new Map<string, unknown>(Object.entries(params)).get(parameter)));
  return [...new Set(values)].sort();
}

test("every kernel has cases", () => {
  expect([...new Set(kernelCases.map(({ kernel }) => kernel))].sort()).toEqual(kernelNames.toSorted());
});

test("every op and activation has cases", () => {
  expect(seen("unary", "op")).toEqual(unaryOps.toSorted());
  expect(seen("binary", "op")).toEqual(binaryOps.toSorted());
  expect(seen("reduce", "op")).toEqual(reduceOps.toSorted());
  expect(seen("matmul", "activation")).toEqual(activations.toSorted());
  expect(seen("conv2d", "activation")).toEqual(activations.toSorted());
});

test("copy casts from and to every type", () => {
  const casts = kernelCases.flatMap((one) =>
    one.kernel === "copy" ? [`${one.operands[0].dtype} to ${one.operands[1].dtype}`] : [],
  );
  const from: DType[] = ["float32", "int32", "bool", "uint8"];
  const to: DType[] = ["float32", "int32", "bool"];
  for (const cast of from.flatMap((a) => to.map((b) => `${a} to ${b}`))) expect(casts).toContain(cast);
});

test("every case has a name of its own", () => {
  const titles = kernelCases.map(({ kernel, name }) => `${kernel} ${name}`);
  expect(titles.filter((title, index) => titles.indexOf(title) !== index)).toEqual([]);
});
