/**
 * Running a command: flags in, exit code out.
 *
 * 0 all went well, 1 the data, a file or a device is at fault, 2 the command line or configuration is, 130 interrupted
 * by Ctrl-C. An error of ours is one sentence on standard error; anything else is a bug and shows its stack.
 */

import { type Command, CommanderError } from "commander";
import { MienError } from "mien";
import { UsageError } from "./config.ts";

/** A command that was stopped by a signal and has saved what it could. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  readonly signal: NodeJS.Signals;

  constructor(message: string, signal: AbortSignal) {
    super(message);
    this.signal = signal.reason === "SIGTERM" ? "SIGTERM" : "SIGINT";
  }
}

/** Parses `args` (without node and script) and runs the command; sets the exit code of the process. */
export async function runProgram(
  command: Command,
  args: readonly string[] = process.argv.slice(2),
): Promise<void> {
  for (const each of [command, ...command.commands]) each.exitOverride();
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(); // whoever read our output, such as `head`, has had enough
  });
  try {
    await command.parseAsync(args as string[], { from: "user" });
  } catch (error) {
    process.exitCode = report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has printed it
  if (error instanceof Interrupted) {
    console.error(error.message);
    return error.signal === "SIGTERM" ? 143 : 130;
  }
  if (error instanceof MienError) {
    console.error(`error: ${error.message}`);
    return error instanceof UsageError ? 2 : 1;
  }
  console.error("internal error, please report it:", error);
  return 1;
}

/**
 * Calls `body` with a signal that the first Ctrl-C (or SIGTERM) aborts. A second one ends the process at once, and so
 * does the first after `body` has ended: it may still be closing its device, and its exit code is the same then.
 */
export async function withInterrupt<T>(body: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let ended = false;
  const stop = (name: NodeJS.Signals) => {
    if (ended || controller.signal.aborted) process.exit(name === "SIGTERM" ? 143 : 130);
    controller.abort(name);
  };
  process.on("SIGINT", stop).on("SIGTERM", stop);
  try {
    return await body(controller.signal);
  } finally {
    ended = true;
  }
}
