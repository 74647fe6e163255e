/**
 * The machine, as far as it explains a figure: what it is, what runs on it, and how busy it is.
 */

import { availableParallelism, cpus, loadavg, totalmem } from "node:os";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly system: string;
  readonly node: string;
  readonly v8: string;
  /** Processes that wanted to run, on average over the last minute, when the bench began. */
  readonly load: number;
  readonly date: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch}`,
    node: process.versions.node,
    v8: process.versions.v8,
    load: currentLoad(),
    date: new Date().toISOString(),
  };
}

/** The load average of the last minute; 0 on systems that have none. */
export function currentLoad(): number {
  return loadavg()[0] ?? 0;
}

export function formatMachine({ cpu, cores, memoryGiB, system, node, v8 }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node} (V8 ${v8})`;
}
