/**
 * Who frees a tensor: a scope, the program, or, as a net beneath both, the garbage collector.
 *
 * A training step makes hundreds of tensors. `scope(() => ...)` frees those that its callback made and did not
 * return; `dispose()` and `using` free by hand. What was made outside of any scope and forgotten is freed when the
 * engine collects the JavaScript object. That net is late (finalizers run between tasks, never inside a synchronous
 * loop), so it also counts what it caught: a leak inside our own code is a number that a test can see.
 *
 * A scope drops handles, not values: what the graph of a returned tensor has saved stays until `backward()`.
 */

import { ArgumentError } from "./errors.ts";

/** What is freed by a scope, by hand or by the net: tensors, and the graph nodes that hold saved values. */
export abstract class Owned {
  abstract get disposed(): boolean;
  /** Gives back what this object holds. A second call does nothing. */
  abstract dispose(): void;
  /** Other objects that must live as long as this one. */
  abstract keeps(): Iterable<Owned>;
}

/** The part of an owned object that its finalizer needs. It must not refer to the object itself. */
export interface Claim {
  readonly bytes: number;
  release(): void;
}

const net = new FinalizationRegistry<Claim>((claim) => {
  inNet.objects--;
  inNet.bytes -= claim.bytes;
  collected++;
  claim.release();
});
/** What only the garbage collector would free. */
const inNet = { objects: 0, bytes: 0 };
let collected = 0;

type Scope = Map<Owned, Claim>;
const scopes: Scope[] = [];

function catchInNet(object: Owned, claim: Claim): void {
  net.register(object, claim, object);
  inNet.objects++;
  inNet.bytes += claim.bytes;
}

/** Puts a new object into the care of the current scope or, outside of all scopes, of the garbage collector. */
export function own(object: Owned, claim: Claim): void {
  const scope = scopes.at(-1);
  if (scope) scope.set(object, claim);
  else catchInNet(object, claim);
}

/** Takes an object, and what it needs, out of every scope: it now lives until it is disposed or collected. */
export function keep<T extends Owned>(object: T): T {
  const queue: Owned[] = [object];
  for (let next = queue.pop(); next; next = queue.pop()) {
    const scope = scopes.find((made) => made.has(next));
    if (scope) {
      catchInNet(next, scope.get(next)!);
      scope.delete(next);
    }
    if (scope || next === object) queue.push(...next.keeps());
  }
  return object;
}

/** Forgets an object that was disposed by hand. */
export function disown(object: Owned, claim: Claim): void {
  for (let i = scopes.length - 1; i >= 0; i--) if (scopes[i]!.delete(object)) return;
  if (net.unregister(object)) {
    inNet.objects--;
    inNet.bytes -= claim.bytes;
  }
}

/**
 * Collects what a returned value needs of what a scope made: the value itself, or those inside arrays, maps, sets and
 * plain objects, each with all that it keeps. What was made earlier cannot need what was made in the scope, so the
 * walk stops there; otherwise every operation would walk the whole graph behind it.
 */
function findOwned(value: unknown, made: Scope, found: Set<Owned>, seen = new Set<object>()): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Owned) {
    const queue: Owned[] = [value];
    for (let object = queue.pop(); object; object = queue.pop()) {
      found.add(object);
      for (const next of object.keeps()) if (made.has(next) && !found.has(next)) queue.push(next);
    }
  } else if (Array.isArray(value) || value instanceof Map || value instanceof Set) {
    for (const item of value.values()) findOwned(item, made, found, seen);
  } else if (Object.getPrototypeOf(value) === Object.prototype) {
    for (const item of Object.values(value)) findOwned(item, made, found, seen);
  }
}

/**
 * Runs `body` and frees the tensors that it made, save those it returns (alone, or in arrays, maps and plain
 * objects), which pass to the scope around it. When `body` throws, all are freed.
 *
 * @throws ArgumentError if `body` returns a promise: a scope ends when its callback returns, so it cannot guard what
 *   happens after an `await`. Put each synchronous part in a scope of its own.
 */
export function scope<T>(body: () => T): T {
  const made: Scope = new Map();
  scopes.push(made);
  const survivors = new Set<Owned>();
  try {
    const result = body();
    if (result instanceof Promise) {
      result.catch(() => {}); // its failure is of no interest beside the misuse
      throw new ArgumentError(
        "scope: the callback returned a promise, expected a synchronous function. " +
          "Help: put the part before each await in a scope of its own, and read values outside of it",
      );
    }
    findOwned(result, made, survivors);
    return result;
  } finally {
    scopes.pop();
    for (const [object, claim] of made) {
      if (survivors.has(object)) own(object, claim);
      else object.dispose();
    }
  }
}

/**
 * What the garbage collector freed because nobody else did, and what now depends on it.
 * `collected` counts objects since the program started: 0 in a loop whose steps run in scopes.
 */
export function memoryStats(): { collected: number; uncollected: number; uncollectedBytes: number } {
  return { collected, uncollected: inNet.objects, uncollectedBytes: inNet.bytes };
}

/** Bytes in the net from which on a read asks for a collection. Engines do not see device memory, so they wait too long. */
const PRESSURE_BYTES = 256 * 2 ** 20;
let bytesAfterCollection = 0;
let collectGarbage: (() => void) | undefined = (globalThis as { gc?: () => void }).gc;

/** Lets an environment that can force a garbage collection say how. */
export function setGarbageCollector(collect: () => void): void {
  collectGarbage = collect;
}

/**
 * For programs that use no scopes: when forgotten tensors hold much memory, collects them. To be called where the
 * program waits anyhow.
 */
export async function relievePressure(): Promise<void> {
  bytesAfterCollection = Math.min(bytesAfterCollection, inNet.bytes);
  if (!collectGarbage || inNet.bytes < bytesAfterCollection + PRESSURE_BYTES) return;
  collectGarbage();
  await new Promise((resolve) => setTimeout(resolve)); // finalizers run between tasks
  bytesAfterCollection = inNet.bytes;
}
