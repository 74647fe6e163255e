/**
 * PyTorch as a rival: `torch_bench.py` in a process of its own that lives as long as the bench.
 *
 * It is sent a line, does that many runs, and answers with the milliseconds. Between its turns it waits for a line, and
 * takes nothing from the others.
 */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Subject } from "../measure.ts";

const SCRIPT = fileURLToPath(new URL("./torch_bench.py", import.meta.url));

/** The first line of the script's output. */
const greeting = z.object({ version: z.string(), parallelInfo: z.string(), cuda: z.boolean() });

/** The interpreters that may have PyTorch, the one that the user names first. */
export function pythons(): readonly string[] {
  return [process.env["PYTHON"], "/usr/bin/python3"].filter(
    (name) => name !== undefined && name !== "",
  ) as string[];
}

/** The command line that runs the script on so many threads, or on a GPU. */
export function torchArguments(where: number | "cuda", ...extra: readonly string[]): string[] {
  return [SCRIPT, ...(where === "cuda" ? ["--cuda"] : ["--threads", String(where)]), ...extra];
}

export class TorchPeer {
  /** null on CUDA. */
  readonly threads: number | null;
  readonly label: string;
  readonly hasCuda: boolean;
  /** What PyTorch itself says of its threads and libraries, in one line. */
  readonly parallelInfo: string;
  readonly python: string;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    python: string,
    where: number | "cuda",
    child: ChildProcessWithoutNullStreams,
    lines: AsyncIterator<string>,
    { version, parallelInfo, cuda }: z.infer<typeof greeting>,
  ) {
    this.python = python;
    this.threads = where === "cuda" ? null : where;
    this.label = `PyTorch ${version}${where === "cuda" ? ", CUDA" : ""}`;
    this.hasCuda = cuda;
    this.parallelInfo = parallelInfo;
    this.#child = child;
    this.#lines = lines;
  }

  /** Starts PyTorch on a number of threads or on CUDA, or tells why it cannot be started. */
  static async start(where: number | "cuda"): Promise<TorchPeer | { readonly reason: string }> {
    const reasons: string[] = [];
    for (const python of pythons()) {
      const child = spawn(python, torchArguments(where));
      let errors = "";
      child.stderr.on("data", (chunk: Buffer) => {
        errors += chunk;
      });
      child.on("error", (error) => {
        errors += error.message;
      });
      const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
      const first = await lines.next();
      if (!first.done)
        return new TorchPeer(python, where, child, lines, greeting.parse(JSON.parse(first.value)));
      reasons.push(`${python}: ${errors.trim().split("\n").at(-1) || "it ended without a word"}`);
    }
    return { reason: reasons.join("; ") };
  }

  /** One of the script's workloads as something to measure. */
  subject(workload: string, batch: number | null, rest: Pick<Subject, "name" | "flops" | "bytes">): Subject {
    const { label, threads } = this;
    return {
      ...{ ...rest, device: label, threads, batch },
      run: (count) => this.#run(workload, batch ?? 1, count),
    };
  }

  async #run(workload: string, batch: number, count: number): Promise<number> {
    this.#child.stdin.write(`run ${workload} ${batch} ${count}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`bench: PyTorch ended in the middle of ${workload}, batch ${batch}`);
    return Number(value);
  }

  /** Ends the process. */
  close(): void {
    this.#child.stdin.end();
  }
}
