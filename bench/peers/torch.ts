/**
 * PyTorch as a rival: `torch_bench.py`, which keeps to the protocol of `process.ts`.
 */

import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Subject } from "../measure.ts";
import type { CommandLine } from "../own-process.ts";
import { RivalProcess } from "./process.ts";

/** A number of threads, PyTorch as most use it on a GPU, and PyTorch at its fastest there. */
export type TorchPlace = number | "cuda" | "cuda compiled";

/** Beside this file; or, where the bench was bundled to one file, at its place below that. */
const SCRIPT = ["./torch_bench.py", "./bench/peers/torch_bench.py"]
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find(existsSync);

/** The first line of the script's output. */
const greeting = z.object({
  version: z.string(),
  facts: z.string(),
  cuda: z.boolean(),
  workloads: z.array(z.string()),
});

/** What it says of a workload: in which way it runs and which ways failed, or why it does not run. */
const preparation = z.union([
  z.object({ way: z.string().nullable(), failed: z.array(z.string()) }),
  z.object({ reason: z.string() }),
]);

/** The interpreters that may have PyTorch, the one that the user names first. */
function pythons(): readonly string[] {
  const named = process.env["PYTHON"];
  return [...(named ? [named] : []), "/usr/bin/python3", "python3"];
}

/** The arguments that run the script in a place. */
function argumentsFor(script: string, where: TorchPlace): string[] {
  if (typeof where === "number") return [script, "--threads", String(where)];
  return [script, "--cuda", ...(where === "cuda compiled" ? ["--compiled"] : [])];
}

export class TorchPeer {
  /** null on CUDA. */
  readonly threads: number | null;
  readonly label: string;
  readonly hasCuda: boolean;
  readonly isCompiled: boolean;
  /** What PyTorch itself says of its threads, libraries and precision, in one line. */
  readonly facts: string;
  /** Does a single training step in a process of its own; null where compiling would take most of it. */
  readonly firstStep: CommandLine | null;
  readonly #workloads: readonly string[];
  readonly #process: RivalProcess;

  private constructor(command: CommandLine, where: TorchPlace, process: RivalProcess) {
    const { version, facts, cuda, workloads } = greeting.parse(process.greeting);
    this.threads = typeof where === "number" ? where : null;
    this.isCompiled = where === "cuda compiled";
    this.label = `PyTorch ${version}${this.threads === null ? ", CUDA" : ""}${this.isCompiled ? ", compiled" : ""}`;
    this.hasCuda = cuda;
    this.facts = facts;
    this.firstStep = this.isCompiled ? null : [...command, "--once"];
    this.#workloads = workloads;
    this.#process = process;
  }

  /** Starts PyTorch in a place, or tells why it cannot be started. */
  static async start(where: TorchPlace): Promise<TorchPeer | { readonly reason: string }> {
    if (SCRIPT === undefined) return { reason: "torch_bench.py is not beside the bench" };
    const reasons: string[] = [];
    for (const python of pythons()) {
      const args = argumentsFor(SCRIPT, where);
      const process = await RivalProcess.start(python, args);
      if (process instanceof RivalProcess) return new TorchPeer([python, ...args], where, process);
      reasons.push(`${python}: ${process.reason}`);
    }
    return { reason: reasons.join("; ") };
  }

  /**
   * One of the script's workloads as something to measure; null where it has none, or it cannot be run here, which is
   * said.
   */
  async subject(
    workload: string,
    batch: number | null,
    rest: Pick<Subject, "name" | "flops" | "bytes">,
  ): Promise<Subject | null> {
    if (!this.#workloads.includes(workload)) return null;
    const { label, threads } = this;
    const prepared = preparation.parse(await this.#process.prepare(workload, batch ?? 1));
    if ("reason" in prepared) {
      console.info(`${label}: no ${workload}, ${prepared.reason}`);
      return null;
    }
    for (const reason of prepared.failed) console.info(`${label}: ${workload} without ${reason}`);
    return {
      ...{ ...rest, device: label, threads, batch },
      ...(prepared.way === null ? {} : { note: prepared.way }),
      run: (count) => this.#process.run(workload, batch ?? 1, count),
    };
  }

  /** Ends the process. */
  close(): void {
    this.#process.close();
  }
}
