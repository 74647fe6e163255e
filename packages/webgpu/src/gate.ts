/**
 * Work waits here for shaders that are still being compiled.
 *
 * A pipeline takes long to compile, but many take hardly longer than one: WebGPU compiles them in the background, side
 * by side. So a launch asks for its pipeline and does not wait. Its dispatch is held back, and so is everything behind
 * it, until all pipelines that were asked for are there; then it happens in the order in which it was called. The first
 * step of a training thus has all its pipelines compiled together, while the program goes on with something else.
 */

import type { Memory } from "./buffers.ts";

interface Held {
  readonly memories: readonly Memory[];
  run(): void;
}

export class Gate {
  readonly #mayRun: () => boolean;
  readonly #onError: (error: unknown) => void;
  #held: Held[] = [];
  /** What has to be there before the gate opens. */
  readonly #awaited = new Set<Promise<void>>();
  #opening: Promise<void> | null = null;
  /** How often the gate opened. */
  #openings = 0;

  /**
   * @param mayRun whether what was held is still to be done, when its time has come
   * @param onError hears what was thrown by held work, whose caller is long gone
   */
  constructor(mayRun: () => boolean, onError: (error: unknown) => void) {
    this.#mayRun = mayRun;
    this.#onError = onError;
  }

  /** Whether nothing is held back. */
  get isOpen(): boolean {
    return this.#opening === null;
  }

  get heldCount(): number {
    return this.#held.length;
  }

  /** Whether something that is held back uses this memory. */
  uses(memory: Memory): boolean {
    return this.#held.some(({ memories }) => memories.includes(memory));
  }

  /** Closes the gate until `ready`, which never rejects. */
  await(ready: Promise<void>): void {
    this.#awaited.add(ready);
    this.#opening ??= this.#open();
  }

  /** Does something on these memories in its turn: at once, if the gate is open. */
  pass(memories: readonly Memory[], run: () => void): void {
    if (this.isOpen) run();
    else this.#held.push({ memories, run });
  }

  /** When the gate is open again. */
  async opened(): Promise<void> {
    while (this.#opening) await this.#opening;
  }

  /** Does now what was held; all that it needs must be there. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    this.#awaited.clear();
    this.#openings += 1;
    try {
      if (this.#mayRun()) for (const { run } of held) run();
    } catch (error) {
      this.#onError(error);
    } finally {
      this.#opening = null;
    }
  }

  async #open(): Promise<void> {
    const number = this.#openings;
    do {
      const awaited = [...this.#awaited];
      await Promise.all(awaited);
      if (this.#openings !== number) return; // somebody could not wait
      for (const ready of awaited) this.#awaited.delete(ready);
    } while (this.#awaited.size > 0); // whoever came meanwhile asked for more
    this.release();
  }
}
