/**
 * A rival in a process of its own that lives as long as the bench.
 *
 * Its first line tells what it is. Then it is sent lines: `run WORKLOAD BATCH COUNT` does that many runs and is answered
 * with the milliseconds; PyTorch also knows `prepare WORKLOAD BATCH`, which is answered with JSON. Between its turns it
 * waits for a line, and takes nothing from the others.
 */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";

export class RivalProcess {
  /** What it said of itself. */
  readonly greeting: unknown;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;

  private constructor(
    child: ChildProcessWithoutNullStreams,
    lines: AsyncIterator<string>,
    greeting: unknown,
  ) {
    this.#child = child;
    this.#lines = lines;
    this.greeting = greeting;
  }

  /** Starts a program that keeps to this protocol, or tells why it cannot be started. */
  static async start(
    command: string,
    args: readonly string[],
  ): Promise<RivalProcess | { readonly reason: string }> {
    const child = spawn(command, args);
    let errors = "";
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk;
    });
    child.on("error", (error) => {
      errors += error.message;
    });
    child.stdin.on("error", () => {}); // it has ended, which the end of its output tells
    const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
    const first = await lines.next();
    if (first.done) return { reason: errors.trim().split("\n").at(-1) || "it ended without a word" };
    return new RivalProcess(child, lines, JSON.parse(first.value));
  }

  /** @returns the milliseconds that `count` runs took */
  async run(workload: string, batch: number, count: number): Promise<number> {
    this.#child.stdin.write(`run ${workload} ${batch} ${count}\n`);
    const { done, value } = await this.#lines.next();
    if (done) throw new Error(`bench: a rival ended in the middle of ${workload}, batch ${batch}`);
    return Number(value);
  }

  /** @returns what it says of a workload that it has made ready, or why it ended instead */
  async prepare(workload: string, batch: number): Promise<unknown> {
    this.#child.stdin.write(`prepare ${workload} ${batch}\n`);
    const { done, value } = await this.#lines.next();
    return done ? { reason: "it ended" } : JSON.parse(value);
  }

  /** Ends the process. */
  close(): void {
    this.#child.stdin.end();
  }
}
