/**
 * Runs the chunks of a kernel on all threads: fork and join inside shared memory.
 *
 * The calling thread announces a launch in the control block, takes chunks like every worker, and waits for those that
 * others have taken. It never waits for a worker to wake up: one that comes late finds nothing left to do. Which
 * thread computes a chunk never matters, for chunks write different memory.
 */

import { DeviceError } from "@mien/tensor";
import { ARGUMENTS_ADDRESS, CONTROL_ADDRESS, CONTROL_WORDS, Word } from "./control.ts";
import { startWorker, type WorkerHandle, type WorkerStart } from "./start-worker.ts";
import { HOST_SPINS, WORKER_SPINS } from "./tuning.ts";

type KernelFunction = (args: number, chunk: number) => void;

/** A worker that lives and has finished no chunk for this long is given up: it may be slow, or in an endless loop. */
const PATIENCE_MS = 30_000;
/** How often to look whether the workers live, in milliseconds: one that is ended from outside cannot tell. */
const LOOK_MS = 100;

export interface ThreadOptions {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  readonly instance: WebAssembly.Instance;
  readonly workerSource: string;
  /** The most threads there will be, the calling one included. */
  readonly limit: number;
  /** How long to wait for a worker before the device is given up, in milliseconds. */
  readonly patience?: number;
}

export class Threads {
  readonly #control: Int32Array;
  readonly #functions: readonly KernelFunction[];
  readonly #indices: ReadonlyMap<string, number>;
  readonly #options: ThreadOptions;
  #workers: WorkerHandle[] = [];
  /** What went wrong since somebody last asked. */
  #failure: string | null = null;
  /** Set when a worker may still write to memory that was taken for finished. */
  #broken = false;

  constructor(options: ThreadOptions) {
    this.#options = options;
    this.#control = new Int32Array(options.memory.buffer, CONTROL_ADDRESS, CONTROL_WORDS);
    // The order of exports is the module's, so that a number means the same function in every thread.
    const functions = Object.entries(options.instance.exports).filter(
      ([, member]) => typeof member === "function",
    );
    this.#functions = functions.map(([, member]) => member as KernelFunction);
    this.#indices = new Map(functions.map(([name], index) => [name, index]));
  }

  get limit(): number {
    return this.#options.limit;
  }

  /** Starts the workers. They join in as soon as they are up; nobody waits for them. */
  async start(): Promise<void> {
    const { module, memory, workerSource, limit } = this.#options;
    for (let thread = 1; thread < limit; thread++) {
      const message: WorkerStart = {
        module,
        memory,
        thread,
        controlAddress: CONTROL_ADDRESS,
        argumentsAddress: ARGUMENTS_ADDRESS,
        spins: WORKER_SPINS,
      };
      const worker = await startWorker(workerSource, message, (reason) => {
        this.#workers = this.#workers.filter((other) => other !== worker);
        this.#failure ??= `a worker thread ended by itself (${reason})`;
      });
      this.#workers.push(worker);
    }
  }

  /** Throws what failed since the last call, once; and always when the device is beyond use. */
  check(call: string): void {
    const failure = this.#failure;
    if (failure === null) return;
    if (!this.#broken) this.#failure = null;
    throw new DeviceError(`${call}: ${failure}`);
  }

  /** Runs chunks 0 to `count` - 1 of the module's function `kernel`, and returns when all are done. */
  run(kernel: string, count: number): void {
    const index = this.#indices.get(kernel)!;
    const run = this.#functions[index]!;
    if (count <= 1 || this.#workers.length === 0) {
      for (let chunk = 0; chunk < count; chunk++) run(ARGUMENTS_ADDRESS, chunk);
      return;
    }
    const control = this.#control;
    control[Word.kernel] = index;
    control[Word.count] = count;
    Atomics.store(control, Word.done, 0);
    Atomics.store(control, Word.remaining, count);
    Atomics.add(control, Word.sequence, 1);
    if (Atomics.load(control, Word.sleepers) > 0) Atomics.notify(control, Word.sequence, count - 1);

    let mine = 0;
    try {
      for (let left = count; left > 0; left = Atomics.load(control, Word.remaining)) {
        if (Atomics.compareExchange(control, Word.remaining, left, left - 1) !== left) continue;
        run(ARGUMENTS_ADDRESS, count - left);
        mine += 1;
      }
    } catch (cause) {
      throw this.#giveUp(kernel, "a kernel failed", cause);
    }
    if (Atomics.add(control, Word.done, mine) + mine < count) this.#join(kernel, count);
  }

  /** Waits for the chunks that workers have taken. */
  #join(kernel: string, count: number): void {
    const control = this.#control;
    for (let i = 0; i < HOST_SPINS; i++) if (Atomics.load(control, Word.done) === count) return;
    const patience = this.#options.patience ?? PATIENCE_MS;
    let deadline = performance.now() + patience;
    for (let before = -1; ; ) {
      const done = Atomics.load(control, Word.done);
      if (done === count) return;
      if (done !== before) deadline = performance.now() + patience;
      before = done;
      const dead =
        Atomics.load(control, Word.dead) !== 0 || this.#workers.some((worker) => worker.hasEnded());
      if (dead) throw this.#giveUp(kernel, "a worker thread failed");
      if (performance.now() > deadline) throw this.#giveUp(kernel, "a worker thread does not answer");
      Atomics.wait(control, Word.done, done, Math.min(patience, LOOK_MS));
    }
  }

  /** Stops everything: the launch was not finished, and others may still be at work on it. */
  #giveUp(kernel: string, failure: string, cause?: unknown): DeviceError {
    this.#broken = true;
    this.#failure = failure;
    this.stop();
    return new DeviceError(`${kernel}: ${failure}`, { cause });
  }

  stop(): void {
    for (const worker of this.#workers) worker.stop();
    this.#workers = [];
  }
}
