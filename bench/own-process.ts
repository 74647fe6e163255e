/**
 * The bench, started once more by itself: programs that are timed from the start of their process.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { BenchDevice } from "./field.ts";

/** A command line. */
export type CommandLine = readonly [program: string, ...args: string[]];

/** The command line that starts one of the bench's programs on a device, with the engine's flags of this process. */
export function ownProcess(
  program: "first-step" | "whole-training",
  { device, threads }: BenchDevice,
  ...args: readonly string[]
): CommandLine {
  return [
    process.execPath,
    ...process.execArgv,
    process.argv[1]!,
    ...[program, device.name, String(threads ?? 1), ...args],
  ];
}

/**
 * Runs a program to its end.
 *
 * @param onLine hears each line of its output, and the milliseconds since it was started
 * @throws Error if it ends with another exit code than 0
 */
export async function runProcess(
  [program, ...args]: CommandLine,
  onLine: (line: string, milliseconds: number) => void,
): Promise<void> {
  const started = performance.now();
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  for await (const line of createInterface(child.stdout)) onLine(line, performance.now() - started);
  const [code] = await exit;
  if (code !== 0) throw new Error(`bench: ${[program, ...args].join(" ")} ended with exit code ${code}`);
}
