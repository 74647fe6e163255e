/**
 * PyTorch as a rival: `torch_bench.py`, which keeps to the protocol of `process.ts`.
 */

import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Subject } from "../measure.ts";
import { RivalProcess } from "./process.ts";

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
  readonly #process: RivalProcess;

  private constructor(python: string, where: number | "cuda", process: RivalProcess) {
    const { version, parallelInfo, cuda } = greeting.parse(process.greeting);
    this.python = python;
    this.threads = where === "cuda" ? null : where;
    this.label = `PyTorch ${version}${where === "cuda" ? ", CUDA" : ""}`;
    this.hasCuda = cuda;
    this.parallelInfo = parallelInfo;
    this.#process = process;
  }

  /** Starts PyTorch on a number of threads or on CUDA, or tells why it cannot be started. */
  static async start(where: number | "cuda"): Promise<TorchPeer | { readonly reason: string }> {
    const reasons: string[] = [];
    for (const python of pythons()) {
      const process = await RivalProcess.start(python, torchArguments(where));
      if (process instanceof RivalProcess) return new TorchPeer(python, where, process);
      reasons.push(`${python}: ${process.reason}`);
    }
    return { reason: reasons.join("; ") };
  }

  /** One of the script's workloads as something to measure. */
  subject(workload: string, batch: number | null, rest: Pick<Subject, "name" | "flops" | "bytes">): Subject {
    const { label, threads } = this;
    return {
      ...{ ...rest, device: label, threads, batch },
      run: (count) => this.#process.run(workload, batch ?? 1, count),
    };
  }

  /** Ends the process. */
  close(): void {
    this.#process.close();
  }
}
