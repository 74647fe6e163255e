/**
 * Compute pipelines, one per variant of a shader, compiled once.
 *
 * `warmup` compiles many at a time in the background, which is what a program should do while it loads its data. A
 * variant that nobody warmed up is compiled when it is first used, which holds the program up for some milliseconds.
 */

import { DeviceError, internal } from "@mien/tensor";
import { shaderStage } from "./constants.ts";
import { parseShader, type Shader, specialise, type Variant, variantKey } from "./shader.ts";
import { slotBytes } from "./uniforms.ts";

/** The bindings of a pipeline; shared by all shaders that have as many buffers and write to the same of them. */
export interface Layout {
  /** `r` for every buffer that is only read, `w` for every other: `rrw`. */
  readonly key: string;
  readonly storage: GPUBindGroupLayout;
  readonly pipeline: GPUPipelineLayout;
}

/** A variant that is ready to run. */
export interface Program {
  /** The kernel that first asked for it, for messages. */
  readonly kernel: string;
  readonly shader: Shader;
  readonly layout: Layout;
  readonly pipeline: GPUComputePipeline;
}

/** A variant on its way to a pipeline. */
interface Draft {
  readonly kernel: string;
  readonly shader: Shader;
  readonly layout: Layout;
  readonly code: string;
  readonly module: GPUShaderModule;
  readonly descriptor: GPUComputePipelineDescriptor;
}

export class Pipelines {
  readonly #device: GPUDevice;
  readonly #texts: Readonly<Record<string, string>>;
  readonly #shaders = new Map<string, Shader>();
  readonly #layouts = new Map<string, Layout>();
  readonly #programs = new Map<string, Program>();
  /** The layout of the group that holds the parameters, the same for all. */
  readonly paramsLayout: GPUBindGroupLayout;

  constructor(device: GPUDevice, texts: Readonly<Record<string, string>>) {
    this.#device = device;
    this.#texts = texts;
    const buffer = { type: "uniform", hasDynamicOffset: true, minBindingSize: slotBytes } as const;
    const entry = { binding: 0, visibility: shaderStage.compute, buffer };
    this.paramsLayout = device.createBindGroupLayout({ label: "params", entries: [entry] });
  }

  /** Pipelines compiled so far. */
  get count(): number {
    return this.#programs.size;
  }

  /** The program of a variant, compiled here and now if need be. */
  get(kernel: string, variant: Variant): Program {
    const key = variantKey(variant);
    return this.#programs.get(key) ?? this.#compile(kernel, variant, key);
  }

  /** Compiles what is not compiled yet, all together. Throws a `DeviceError` that shows the line which is wrong. */
  async warmup(variants: Iterable<readonly [kernel: string, variant: Variant]>): Promise<void> {
    const wanted = new Map<string, readonly [string, Variant]>();
    for (const entry of variants) {
      const key = variantKey(entry[1]);
      if (!this.#programs.has(key)) wanted.set(key, entry);
    }
    await Promise.all(
      [...wanted].map(async ([key, [kernel, variant]]) => {
        // What is wrong with the text is told below, and need not be reported a second time.
        this.#device.pushErrorScope("validation");
        const draft = this.#draft(kernel, variant, key);
        this.#device.popErrorScope().catch(() => undefined);
        try {
          const pipeline = await this.#device.createComputePipelineAsync(draft.descriptor);
          if (!this.#programs.has(key)) this.#programs.set(key, { ...draft, pipeline });
        } catch (error) {
          throw new DeviceError(await explain(draft, error instanceof Error ? error.message : String(error)));
        }
      }),
    );
  }

  /** What does not compile is reported as every other error of the GPU's is, with the label that names the kernel. */
  #compile(kernel: string, variant: Variant, key: string): Program {
    const draft = this.#draft(kernel, variant, key);
    const program: Program = { ...draft, pipeline: this.#device.createComputePipeline(draft.descriptor) };
    this.#programs.set(key, program);
    return program;
  }

  #draft(kernel: string, variant: Variant, key: string): Draft {
    const shader = this.#shader(variant);
    const layout = this.#layout(shader);
    const code = specialise(shader, variant.knobs);
    const label = key === kernel ? kernel : `${kernel} (${key})`;
    const module = this.#device.createShaderModule({ label, code });
    const descriptor = { label, layout: layout.pipeline, compute: { module, entryPoint: "main" } };
    return { kernel, shader, layout, code, module, descriptor };
  }

  #shader({ shader: name, text = this.#texts[name] }: Variant): Shader {
    let shader = this.#shaders.get(name);
    if (!shader) {
      if (text === undefined) throw internal(`there is no shader ${name}.wgsl`);
      shader = parseShader(name, text);
      this.#shaders.set(name, shader);
    }
    return shader;
  }

  #layout(shader: Shader): Layout {
    const key = shader.bindings.map((binding) => (binding.readOnly ? "r" : "w")).join("");
    let layout = this.#layouts.get(key);
    if (!layout) {
      const storage = this.#device.createBindGroupLayout({
        label: key,
        entries: shader.bindings.map(({ readOnly }, binding) => ({
          binding,
          visibility: shaderStage.compute,
          buffer: { type: readOnly ? "read-only-storage" : "storage" },
        })),
      });
      const pipeline = this.#device.createPipelineLayout({
        label: key,
        bindGroupLayouts: [storage, this.paramsLayout],
      });
      layout = { key, storage, pipeline };
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}

/** A compiler's complaint, with the line that it is about. */
async function explain({ kernel, shader, code, module }: Draft, fallback: string): Promise<string> {
  const { messages } = await module.getCompilationInfo();
  const error = messages.find((message) => message.type === "error");
  if (!error) return `${kernel}: ${shader.name}.wgsl does not compile: ${fallback.trim()}`;
  const line = code.split("\n")[error.lineNum - 1]?.trim() ?? "";
  return `${kernel}: ${shader.name}.wgsl does not compile: ${error.message}, in line ${error.lineNum}: ${line}`;
}
