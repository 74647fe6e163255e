/**
 * Launches: what a kernel's plan asks for is looked up, once, and then done.
 *
 *   plan -> dispatch -> work (program, bind group, words of parameters) -> gate -> batch
 *
 * Only the last two steps are needed when a launch is repeated, so a captured step keeps the works of its launches
 * (recorder.ts). A launch that is being timed has a clock read before and after each of its works.
 */

import { internal, type KernelName, type Kernels, type LaunchLog, type LaunchMemory } from "@mien/tensor";
import type { Batch, Clock, Work } from "./batch.ts";
import type { BindGroups } from "./bind-groups.ts";
import { type Memory, memoryOf } from "./buffers.ts";
import type { Failures } from "./failures.ts";
import type { Gate } from "./gate.ts";
import { type Dispatch, type Launcher, unsupported } from "./kernels/plan.ts";
import { kernels } from "./kernels/table.ts";
import type { Pipelines } from "./pipelines.ts";
import type { Timestamps } from "./timestamps.ts";
import { heldLimit } from "./tuning.ts";
import { packParams } from "./uniforms.ts";

interface Parts {
  readonly failures: Failures;
  readonly pipelines: Pipelines;
  readonly bindGroups: BindGroups;
  readonly gate: Gate;
  readonly batch: Batch;
  /** Bound in place of an operand that a launch does without. */
  readonly nothing: Memory;
}

/** Where results in between come from. */
export type ScratchMemory = Pick<LaunchMemory, "take" | "put">;

export interface Timing {
  readonly timestamps: Timestamps;
  readonly log: LaunchLog;
}

export class Launches {
  /** Set while launches are timed. */
  timing: Timing | null = null;
  readonly #parts: Parts;
  /** Set within a launch that is timed. */
  #clock: Clock | null = null;
  #count = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Launches so far, repeated ones as well. */
  get count(): number {
    return this.#count;
  }

  /** Plans a launch and does it. @returns what `repeat` does again */
  run<K extends KernelName>(
    kernel: K,
    operands: Kernels[K]["operands"],
    params: Kernels[K]["params"],
    memory: ScratchMemory,
  ): readonly Work[] {
    for (const operand of operands) {
      if (operand?.dtype === "float64") throw unsupported(kernel, "float64");
    }
    const works: Work[] = [];
    const launcher: Launcher = {
      kernel,
      dispatch: (dispatch) => {
        if (dispatch.workgroups > 0) works.push(this.dispatch(kernel, dispatch));
      },
      alloc: (byteLength) => memory.take(byteLength),
      free: (buffer) => memory.put(buffer),
    };
    this.#timed(kernel, params, () => kernels[kernel].launch(launcher, operands, params));
    this.#count += 1;
    return works;
  }

  repeat(kernel: KernelName, params: object, works: readonly Work[]): void {
    this.#timed(kernel, params, () => {
      for (const work of works) this.#do(work);
    });
    this.#count += 1;
  }

  /** Looks a dispatch up and does it. @param kernel for messages */
  dispatch(kernel: string, { variant, buffers, params, workgroups }: Dispatch): Work {
    const { pipelines, bindGroups, nothing } = this.#parts;
    const program = pipelines.get(kernel, variant);
    const memories = program.shader.bindings.map(({ name }) => {
      const buffer = buffers[name];
      if (buffer === undefined) throw internal(`${kernel}: no buffer for ${name} of ${variant.shader}.wgsl`);
      return buffer === null ? nothing : memoryOf(buffer);
    });
    const group = bindGroups.get(program, memories);
    const work = { program, group, memories, words: packParams(program.shader, params), workgroups };
    this.#do(work);
    return work;
  }

  /** As soon as the pipeline and all that came before are there. */
  #do(work: Work): void {
    const { failures, pipelines, gate, batch } = this.#parts;
    const { program, memories } = work;
    const clock = this.#clock;
    if (program.pipeline && gate.isOpen) {
      batch.dispatch(work, clock);
      return;
    }
    if (!program.pipeline && program.complaint === null) gate.await(program.ready);
    gate.pass(memories, () => {
      if (program.complaint === null) batch.dispatch(work, clock);
      else failures.record(program.complaint);
    });
    if (gate.heldCount >= heldLimit) {
      pipelines.finish();
      gate.release();
    }
  }

  #timed(kernel: KernelName, params: object, body: () => void): void {
    if (!this.timing) {
      body();
      return;
    }
    const { timestamps, log } = this.timing;
    const times = log(kernel, params);
    times.launches += 1;
    this.#clock = { timestamps, times };
    try {
      body();
    } finally {
      this.#clock = null;
    }
  }
}
