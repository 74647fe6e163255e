/**
 * Runs random calls: the valid ones on a device and on the reference, which must agree, and the invalid ones, which
 * must be refused.
 *
 * A call is named by its seed, its op and its round, and by nothing else: it is the same whatever other ops and
 * devices there are.
 */

import { type Device, type DType, MienError, memoryStats, setDefaultDevice, Tensor } from "@mien/tensor";
import { Recipe, type Results } from "../op-table/row.ts";
import { distance } from "../support/closeness.ts";
import { listOf, makeTensor, type Outcome, type Values } from "../support/run-sample.ts";
import {
  type Arguments,
  Draw,
  describeArguments,
  type Generate,
  Mark,
  mapArguments,
  Operand,
} from "./draw.ts";
import { faultsOf, kindsOfFaults, Maker } from "./faults.ts";

/** An op as the fuzzer sees it. */
export interface Target {
  readonly op: string;
  readonly run: (...args: readonly unknown[]) => Results;
  readonly generate: Generate;
}

export interface CallName {
  readonly seed: number;
  readonly target: Target;
  /** Calls of one op are numbered; the even ones are valid. */
  readonly round: number;
}

export interface TestDevice {
  readonly label: string;
  readonly device: Device;
}

/** A call that did not do what it must. The message says how to repeat it. */
export class FuzzError extends Error {
  constructor({ seed, target, round }: CallName, args: Arguments, what: string) {
    const again = `npm run fuzz -- --seed ${seed} --op ${target.op} --calls ${round + 1}`;
    super(
      `${target.op}${describeArguments(args)}\n  ${what}\n  call ${round} of seed ${seed}; again: ${again}`,
    );
  }
}

/** What became of the calls so far. */
export interface Tally {
  valid: number;
  invalid: number;
  /** Valid ones whose result was off by more than the tolerance, but whose exact result is as uncertain. */
  uncertain: number;
  /** The kinds of faults that were refused, by op. */
  readonly faults: Map<string, Set<string>>;
}

export const newTally = (): Tally => ({ valid: 0, invalid: 0, uncertain: 0, faults: new Map() });

export async function runCall(
  name: CallName,
  devices: readonly TestDevice[],
  reference: Device,
  tally: Tally,
): Promise<void> {
  const { seed, target, round } = name;
  const ownSeed = hash(`${seed} ${target.op} ${round}`);
  const args = target.generate(new Draw(ownSeed));
  if (round % 2 === 0) {
    await runValid(name, args, ownSeed, devices, reference, tally);
    tally.valid++;
    return;
  }
  const faults = faultsOf(args);
  // Each round another kind, so that every op meets many of them.
  const kinds = kindsOfFaults(faults, hash(`${seed} ${target.op}`));
  const kind = kinds[((round - 1) / 2) % kinds.length]!;
  const fault = new Draw(ownSeed).pick(faults.filter((one) => one.kind === kind));
  expectRefusal(name, fault.args, fault.kind, devices[0]?.device ?? reference, reference);
  tally.invalid++;
  tally.faults.set(target.op, (tally.faults.get(target.op) ?? new Set()).add(kind));
}

// ---- invalid calls ----

/** Arguments are checked before any device sees them, so one device speaks for all. */
function expectRefusal(name: CallName, args: Arguments, kind: string, device: Device, another: Device): void {
  const fail = (what: string) => new FuzzError(name, args, `${kind}: ${what}`);
  const memory = () =>
    [device, another].map((one) => one.stats().liveBuffers).join() + memoryStats().uncollected;
  const before = memory();
  const inputs: Tensor[] = [];
  const given = withMakers(args, (one) => {
    const input = one instanceof Maker ? one.make(device, another) : makeOperand(one, device, "float32", "");
    if (input instanceof Tensor) inputs.push(input);
    return input;
  });
  setDefaultDevice(device);
  let thrown: unknown = null;
  let outputs: readonly Tensor[] = [];
  try {
    outputs = listOf(name.target.run(...given));
  } catch (error) {
    thrown = error;
  }
  for (const one of [...outputs, ...inputs]) one.dispose();
  if (thrown === null) throw fail("was accepted, expected an error");
  const shown = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
  if (!(thrown instanceof MienError)) throw fail(`threw ${shown}\n${(thrown as Error).stack}`);
  if (!thrown.message.startsWith(`${name.target.op}: `)) throw fail(`does not name the op: ${shown}`);
  if (!/ got .*expected /s.test(thrown.message))
    throw fail(`does not say what it got and expected: ${shown}`);
  if (memory() !== before) throw fail(`left memory behind: ${shown}`);
}

/** The arguments with a value for each operand, mark and maker. */
function withMakers(args: Arguments, make: (one: Operand | Maker) => unknown): readonly unknown[] {
  const inLists = (value: unknown): unknown => {
    if (value instanceof Maker) return make(value);
    if (Array.isArray(value)) return value.map(inLists);
    if (typeof value !== "object" || value === null || value instanceof Operand || value instanceof Mark)
      return value;
    if (Object.getPrototypeOf(value) !== Object.prototype) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inLists(item)]));
  };
  return mapArguments(args, (one) => (one instanceof Mark ? one.value : make(one))).map(inLists);
}

// ---- valid calls ----

/** The largest relative error that a float32 device may have, per output; as in the op table. */
const TOLERANCE = 1e-5;

async function runValid(
  name: CallName,
  args: Arguments,
  seed: number,
  devices: readonly TestDevice[],
  reference: Device,
  tally: Tally,
): Promise<void> {
  const { target } = name;
  let expected: Outcome;
  try {
    expected = await outcome(target, args, seed, reference, "float64");
  } catch (error) {
    throw new FuzzError(name, args, `the reference refuses a valid call: ${(error as Error).stack}`);
  }
  for (const { label, device } of devices) {
    const fail = (what: string) => new FuzzError(name, args, `on ${label}: ${what}`);
    const before = device.stats().liveBuffers;
    let actual: Outcome;
    try {
      actual = await outcome(target, args, seed, device, "float32");
    } catch (error) {
      throw fail(`refused a valid call: ${(error as Error).stack}`);
    }
    const left = device.stats().liveBuffers - before;
    if (left !== 0) throw fail(`left ${left} buffers behind`);
    const difference = compare(actual, expected);
    if (!difference) continue;
    // Where a change in the last digit of the inputs moves the exact result as far, nobody can do better.
    const nudged = await Promise.all(
      [1, 2, 3].map((by) => outcome(target, args, seed, reference, "float64", by)),
    );
    const uncertainty = Math.max(...nudged.map((one) => compare(one, expected, 0)?.error ?? 0));
    if (difference.error > 16 * uncertainty) throw fail(difference.what);
    tally.uncertain++;
  }
}

/** Makes the operands on a device, calls the op, and walks backward through it with a random gradient. */
async function outcome(
  { run }: Target,
  args: Arguments,
  seed: number,
  device: Device,
  float: "float32" | "float64",
  nudge = 0,
): Promise<Outcome> {
  const inputs: Tensor[] = [];
  let outputs: readonly Tensor[] = [];
  const upstream: Tensor[] = [];
  try {
    const given = mapArguments(args, (one) => {
      if (one instanceof Mark) return one.value;
      const input = makeOperand(one, device, float, `${seed} ${inputs.length}`, nudge);
      input.requiresGrad = one.recipe.differentiable;
      inputs.push(input);
      return input;
    });
    setDefaultDevice(device);
    outputs = listOf(run(...given));
    const results = await Promise.all(outputs.map(read));
    for (const [i, output] of outputs.entries()) {
      if (!output.requiresGrad || output.isLeaf) continue;
      const { shape, dtype } = output;
      const weights = new Recipe(shape, dtype, (random) => random.normal());
      const gradient = makeTensor(
        nudged(weights.values(`${seed} gradient ${i}`), nudge),
        shape,
        { device, dtype },
        "plain",
      );
      upstream.push(gradient);
      output.backward(gradient);
    }
    const gradients = await Promise.all(inputs.flatMap(({ grad }) => (grad ? [read(grad)] : [])));
    return { outputs: results, gradients };
  } finally {
    for (const one of [...outputs, ...inputs, ...upstream]) one.dispose();
  }
}

function makeOperand(
  { recipe, layout }: Operand,
  device: Device,
  float: DType,
  seed: string,
  nudge = 0,
): Tensor {
  const isFloat = recipe.dtype === "float" || recipe.dtype === "float32";
  const dtype = recipe.dtype === "float" ? float : recipe.dtype;
  const values = recipe.values(seed);
  return makeTensor(isFloat ? nudged(values, nudge) : values, recipe.shape, { device, dtype }, layout);
}

/** The values moved by up to half a digit of float32, each by its own, in a way that the number `by` gives. */
function nudged(values: readonly number[], by: number): readonly number[] {
  if (by === 0) return values;
  const { random } = new Draw(by);
  return values.map((value) => value * (1 + random.uniform(-1, 1) * 2 ** -24));
}

async function read(x: Tensor): Promise<Values> {
  return { dtype: x.dtype, shape: x.shape, data: await x.data() };
}

interface Difference {
  readonly error: number;
  readonly what: string;
}

/** The largest difference beyond the tolerance, or null if there is none. */
function compare(actual: Outcome, expected: Outcome, tolerance = TOLERANCE): Difference | null {
  let largest: Difference | null = null;
  for (const key of ["outputs", "gradients"] as const) {
    if (actual[key].length !== expected[key].length) {
      return { error: Infinity, what: `got ${actual[key].length} ${key}, expected ${expected[key].length}` };
    }
    for (const [i, wanted] of expected[key].entries()) {
      const got = actual[key][i]!;
      if (kindOf(got) !== kindOf(wanted)) {
        return { error: Infinity, what: `${key} ${i}: got ${kindOf(got)}, expected ${kindOf(wanted)}` };
      }
      const { error, index } = distance(got.data, wanted.data);
      const limit = wanted.dtype.startsWith("float") ? tolerance : 0;
      if (error <= limit || error <= (largest?.error ?? 0)) continue;
      const seen = `got ${got.data[index]}, expected ${wanted.data[index]} at ${index}`;
      largest = { error, what: `${key} ${i}: ${seen}; relative error ${error.toExponential(1)}` };
    }
  }
  return largest;
}

/** Shape and type, where float64 stands for float32 too. */
function kindOf({ dtype, shape }: Values): string {
  return `${dtype.startsWith("float") ? "float" : dtype} [${shape.join(", ")}]`;
}

/** The FNV-1a hash of a text, as a seed. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (const letter of text) state = Math.imul(state ^ letter.codePointAt(0)!, 0x01000193);
  return state >>> 0;
}
