/**
 * Compute pipelines, one per variant of a shader, compiled once.
 *
 * A variant is compiled in the background from the moment in which it is first asked for, beside others. Nobody waits
 * for it but the work that needs it, and what comes behind that; `gate.ts` tells how. `warmup` asks for many at once.
 */

import { DeviceError } from "@mien/tensor";
import { shaderStage } from "./constants.ts";
import { assemble, parseShader, type Shader, specialise, type Variant, variantKey } from "./shader.ts";
import { slotBytes } from "./uniforms.ts";

/** The bindings of a pipeline; shared by all shaders that have as many buffers and write to the same of them. */
export interface Layout {
  /** `r` for every buffer that is only read, `w` for every other: `rrw`. */
  readonly key: string;
  readonly storage: GPUBindGroupLayout;
  readonly pipeline: GPUPipelineLayout;
}

/** A variant of a shader, on its way to a pipeline or there. */
export interface Program {
  /** The kernel that first asked for it, for messages. */
  readonly kernel: string;
  readonly shader: Shader;
  readonly layout: Layout;
  /** Null as long as it is being compiled, and for good if that failed. */
  pipeline: GPUComputePipeline | null;
  /** Why there will be no pipeline. */
  complaint: string | null;
  /** When one of the two is there. Never rejects. */
  readonly ready: Promise<void>;
}

/** What a pipeline is made of. */
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
  readonly #compiling = new Map<Program, Draft>();
  /** The layout of the group that holds the parameters, the same for all. */
  readonly paramsLayout: GPUBindGroupLayout;

  constructor(device: GPUDevice, texts: Readonly<Record<string, string>>) {
    this.#device = device;
    this.#texts = texts;
    const buffer = { type: "uniform", hasDynamicOffset: true, minBindingSize: slotBytes } as const;
    const entry = { binding: 0, visibility: shaderStage.compute, buffer };
    this.paramsLayout = device.createBindGroupLayout({ label: "params", entries: [entry] });
  }

  /** Pipelines that were asked for so far. */
  get count(): number {
    return this.#programs.size;
  }

  /** The program of a variant, which may still be compiling. */
  get(kernel: string, variant: Variant): Program {
    const key = variantKey(variant);
    let program = this.#programs.get(key);
    if (!program) {
      program = this.#start(kernel, variant, key);
      this.#programs.set(key, program);
    }
    return program;
  }

  /** Compiles what is not compiled yet, all together. Throws a `DeviceError` that shows the line which is wrong. */
  async warmup(variants: Iterable<readonly [kernel: string, variant: Variant]>): Promise<void> {
    const programs = Array.from(variants, ([kernel, variant]) => this.get(kernel, variant));
    await Promise.all(programs.map(({ ready }) => ready));
    for (const { complaint } of programs) if (complaint !== null) throw new DeviceError(complaint);
  }

  /** Waits, here and now, for all that is being compiled. */
  finish(): void {
    for (const [program, { descriptor }] of this.#compiling)
      program.pipeline ??= this.#device.createComputePipeline(descriptor);
    this.#compiling.clear();
  }

  #start(kernel: string, variant: Variant, key: string): Program {
    // What is wrong with the text is told below, and need not be reported a second time.
    this.#device.pushErrorScope("validation");
    const draft = this.#draft(kernel, variant, key);
    this.#device.popErrorScope().catch(() => undefined);
    const compiled = this.#device.createComputePipelineAsync(draft.descriptor);
    const { shader, layout } = draft;
    const program: Program = {
      ...{ kernel, shader, layout, pipeline: null, complaint: null },
      ready: compiled.then(
        (pipeline) => {
          program.pipeline ??= pipeline;
          this.#compiling.delete(program);
        },
        async (error: unknown) => {
          program.complaint = await explain(draft, error instanceof Error ? error.message : String(error));
          this.#compiling.delete(program);
          if (this.#programs.get(key) === program) this.#programs.delete(key);
        },
      ),
    };
    this.#compiling.set(program, draft);
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

  #shader({ shader: name, text }: Variant): Shader {
    let shader = this.#shaders.get(name);
    if (!shader) {
      shader = parseShader(name, text ?? assemble(this.#texts, name));
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
  // A lost device may have nothing to say any more.
  const { messages } = await module.getCompilationInfo().catch(() => ({ messages: [] }));
  const error = messages.find((message) => message.type === "error");
  if (!error) return `${kernel}: ${shader.name}.wgsl does not compile: ${fallback.trim()}`;
  const line = code.split("\n")[error.lineNum - 1]?.trim() ?? "";
  return `${kernel}: ${shader.name}.wgsl does not compile: ${error.message}, in line ${error.lineNum}: ${line}`;
}
