/**
 * What the host has to know of a WGSL file, read from the file itself.
 *
 * A shader declares its bindings and its parameters once, in WGSL; the host reads those declarations and matches
 * buffers and numbers by *name*. So the two sides cannot drift apart: a name that one of them lacks is an error at the
 * first launch. A shader also has *knobs*: top-level `const NAME = value;` or `alias NAME = type;` declarations, to
 * which a variant gives other values. That is all the templating there is, and every file stays valid WGSL.
 */

import { internal } from "@mien/tensor";

/** Values for the knobs of a shader, by name. */
export type Knobs = Readonly<Record<string, string | number | boolean>>;

/** A shader with its knobs set: what a pipeline is made from. */
export interface Variant {
  readonly shader: string;
  /** The text of a shader that is no file; its name must belong to this text alone. */
  readonly text?: string;
  readonly knobs?: Knobs;
}

/** A field of a shader's `Params`, in words of four bytes. */
export interface ParamField {
  readonly name: string;
  readonly scalar: "u32" | "i32" | "f32";
  readonly offset: number;
  readonly length: number;
}

export interface Binding {
  readonly name: string;
  readonly readOnly: boolean;
}

export interface Shader {
  readonly name: string;
  readonly text: string;
  /** The storage buffers of group 0, by binding number. */
  readonly bindings: readonly Binding[];
  readonly params: readonly ParamField[];
}

/** A name for the variant that no other variant has. */
export function variantKey({ shader, knobs }: Variant): string {
  if (!knobs) return shader;
  let key = shader;
  for (const name in knobs) key += ` ${name}=${knobs[name]}`;
  return key;
}

/**
 * The text of a shader, with its lines of the form `#include "include/grid.wgsl"` replaced by those files; what is
 * included twice appears once. WGSL wants `enable` before everything else, so those lines move to the top.
 */
export function assemble(texts: Readonly<Record<string, string>>, name: string): string {
  const seen = new Set<string>();
  const resolve = (file: string): string => {
    const text = texts[file];
    if (text === undefined) throw internal(`there is no file ${file}.wgsl, for the shader ${name}.wgsl`);
    return text.replaceAll(/^#include "(.+)\.wgsl"$/gm, (_line, include: string) => {
      if (seen.has(include)) return "";
      seen.add(include);
      return resolve(include).trimEnd();
    });
  };
  const enables: string[] = [];
  const body = resolve(name).replaceAll(/^enable .*;\n/gm, (line) => {
    enables.push(line);
    return "";
  });
  return enables.join("") + body;
}

/**
 * The files, with those that use a feature of WGSL in place of their namesakes: with "subgroups",
 * `include/lanes.subgroups.wgsl` is what includes of `include/lanes.wgsl` get.
 */
export function withFeature(
  texts: Readonly<Record<string, string>>,
  feature: "subgroups" | "f16",
): Record<string, string> {
  const ending = `.${feature}`;
  const twins = Object.keys(texts).filter((name) => name.endsWith(ending));
  const replaced = twins.map((name) => [name.slice(0, -ending.length), texts[name]!] as const);
  return { ...texts, ...Object.fromEntries(replaced) };
}

/** Reads bindings and parameters from a shader's declarations. */
export function parseShader(name: string, text: string): Shader {
  const code = text.replaceAll(/\/\/.*$/gm, "");
  const bindings: Binding[] = [];
  const declaration = /@group\(0\) @binding\((\d+)\) var<storage, (read|read_write)> (\w+):/g;
  for (const [, number, access, binding] of code.matchAll(declaration)) {
    bindings[Number(number)] = { name: binding!, readOnly: access === "read" };
  }
  const struct = /struct Params \{([^}]*)\}/.exec(code)?.[1];
  if (struct === undefined) throw internal(`${name}.wgsl declares no struct Params`);
  return { name, text, bindings, params: layoutParams(name, struct) };
}

/** The text of a variant: each knob's declaration with the value it was given. */
export function specialise(shader: Shader, knobs: Knobs = {}): string {
  let { text } = shader;
  for (const [knob, value] of Object.entries(knobs)) {
    const declaration = new RegExp(`^(const|alias) ${knob} = [^;]*;`, "m");
    if (!declaration.test(text)) throw internal(`${shader.name}.wgsl has no knob ${knob}`);
    const literal = typeof value === "number" ? `${value}u` : String(value);
    text = text.replace(declaration, `$1 ${knob} = ${literal};`);
  }
  return text;
}

const fieldType = /^(?:array<vec4<(\w+)>, (\d+)>|vec4<(\w+)>|(\w+))$/;

/** Offsets by WGSL's rules for uniform buffers, of the few types that our shaders use. */
function layoutParams(shader: string, struct: string): ParamField[] {
  const fields: ParamField[] = [];
  let end = 0;
  for (const [, name, type] of struct.matchAll(/(\w+): ([^\n]+),/g)) {
    const match = fieldType.exec(type!);
    const scalar = match?.[1] ?? match?.[3] ?? match?.[4];
    if (!match || (scalar !== "u32" && scalar !== "i32" && scalar !== "f32")) {
      throw internal(`${shader}.wgsl: Params may not hold ${name}: ${type}`);
    }
    const length = match[2] ? 4 * Number(match[2]) : match[3] ? 4 : 1;
    const offset = length === 1 ? end : Math.ceil(end / 4) * 4;
    fields.push({ name: name!, scalar, offset, length });
    end = offset + length;
  }
  return fields;
}
