/**
 * A user's own kernel: a shader is written round its body, one invocation per element of the output.
 *
 * In the body an input is a function of an index, `x(i)`, because a tensor may begin anywhere in its buffer.
 */

import { type CustomKernel, DeviceError } from "@mien/tensor";
import type { Variant } from "../shader.ts";
import { groupsFor, type Plan, scalarOf } from "./plan.ts";

/** The number of each kernel in the name of its shader: two ops may have one name. */
const numbers = new WeakMap<CustomKernel, number>();
let count = 0;

function variantOf(kernel: CustomKernel, body: string, types: readonly string[]): Variant {
  const number = numbers.get(kernel) ?? ++count;
  numbers.set(kernel, number);
  return { shader: `${kernel.name} ${number} ${types.join(" ")}`, text: textOf(kernel, body, types) };
}

function textOf(
  { inputs, params }: CustomKernel,
  body: string,
  [outType, ...types]: readonly string[],
): string {
  const lines = (make: (name: string, i: number) => string) => inputs.map(make).join("\n");
  return `
struct Params {
  count: u32,
  outOffset: u32,
${lines((name) => `  offset_${name}: u32,`)}
${params.map((name) => `  value_${name}: f32,`).join("\n")}
}
struct Options {
${params.map((name) => `  ${name}: f32,`).join("\n") || "  none: f32,"}
}
@group(0) @binding(0) var<storage, read_write> out: array<${outType}>;
${lines((name, i) => `@group(0) @binding(${i + 1}) var<storage, read> buffer_${name}: array<${types[i]}>;`)}
@group(1) @binding(0) var<uniform> uniforms: Params;
${lines((name, i) => `fn ${name}(i: u32) -> ${types[i]} { return buffer_${name}[uniforms.offset_${name} + i]; }`)}
fn element(i: u32, params: Options) -> ${outType} {
${body}
}
@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.y * groups.x + group.x) * 256u + lane;
  if (i >= uniforms.count) { return; }
  out[uniforms.outOffset + i] = element(i, Options(${params.map((name) => `uniforms.value_${name}`).join(", ") || "0.0"}));
}
`;
}

export const custom: Plan<"custom"> = {
  variants: [],
  launch(gpu, [out, ...inputs], { kernel, counts, values }) {
    if (kernel.wgsl === null) {
      throw new DeviceError(
        `${kernel.name}: this op has no WGSL, got a tensor on webgpu, expected one on cpu or reference. ` +
          "Help: give defineOp a wgsl body, or move the computation to the cpu device",
      );
    }
    const types = [out, ...inputs].map(({ dtype }) => scalarOf(gpu.kernel, dtype));
    const named = <T>(prefix: string, entries: readonly (readonly [string, T])[]) =>
      Object.fromEntries(entries.map(([name, value]) => [`${prefix}_${name}`, value]));
    const operands = kernel.inputs.map((name, i) => [name, inputs[i]!] as const);
    gpu.dispatch({
      variant: variantOf(kernel, kernel.wgsl, types),
      buffers: {
        out: out.buffer,
        ...named(
          "buffer",
          operands.map(([name, { buffer }]) => [name, buffer] as const),
        ),
      },
      params: {
        count: counts[0]!,
        outOffset: out.offset,
        ...named(
          "offset",
          operands.map(([name, { offset }]) => [name, offset] as const),
        ),
        ...named("value", Object.entries(values)),
      },
      workgroups: groupsFor(counts[0]!),
    });
  },
};
