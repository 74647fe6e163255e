/**
 * What every op refuses: with which class of error, in which words, and without leaving memory behind.
 *
 * Arguments are checked before any device sees them, so one device speaks for all.
 */

import { openReference } from "@mien/cpu";
import { DisposedError, type MienError, memoryStats, type Tensor } from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import type { ErrorClass, Row } from "./op-table/row.ts";
import { opTable } from "./op-table.ts";
import { listOf, makeTensor, withTensors } from "./support/run-sample.ts";

const device = openReference();
const another = openReference();

afterAll(() => {
  device.dispose();
  another.dispose();
});

/** Calls the op after `prepare` had its way with the inputs, and gives back what it threw. All is freed again. */
function thrownBy(row: Row, args: Row["samples"][string], prepare = (_inputs: Tensor[]) => {}): unknown {
  const inputs: Tensor[] = [];
  const given = withTensors(args, (recipe) => {
    const dtype = recipe.dtype === "float" ? "float32" : recipe.dtype;
    const options = { device: recipe.traits.elsewhere ? another : device, dtype };
    inputs.push(makeTensor(recipe.values("errors"), recipe.shape, options, "plain"));
    return inputs.at(-1)!;
  });
  let made: readonly Tensor[] = [];
  try {
    prepare(inputs);
    made = listOf(row.run(...given));
    return null;
  } catch (error) {
    return error;
  } finally {
    for (const one of [...made, ...inputs]) one.dispose();
  }
}

const memory = () => [device.stats().liveBuffers, another.stats().liveBuffers, memoryStats().uncollected];

const cases = opTable.flatMap((row) =>
  Object.entries(row.errors).map(([name, sample]) => [row.op, name, row, sample] as const),
);

describe("wrong arguments", () => {
  test.each(cases)("%s: %s", (op, _name, row, [args, type, pattern]) => {
    const before = memory();
    const error = thrownBy(row, args);
    expect(error).toBeInstanceOf(type satisfies ErrorClass);
    const { message } = error as MienError;
    expect(message).toMatch(pattern);
    expect(message, "names the op").toMatch(new RegExp(`^${op}: `));
    expect(message, "says what it got and expected").toMatch(/ got .*expected /);
    expect(memory(), "frees what it made").toEqual(before);
  });
});

describe("a disposed input", () => {
  test.each(opTable.map((row) => [row.op, row] as const))("%s", (_, row) => {
    for (const [name, args] of Object.entries(row.samples)) {
      for (let i = 0; i < numberOfTensors(args); i++) {
        const before = memory();
        const error = thrownBy(row, args, (inputs) => inputs[i]!.dispose());
        expect(memory(), `${name}: frees what it made`).toEqual(before);
        expect(error, `${name}, input ${i}`).toBeInstanceOf(DisposedError);
        expect((error as Error).message).toMatch(
          /^\w+: a tensor was used after it was disposed, got one of shape/,
        );
      }
    }
  });
});

function numberOfTensors(args: Row["samples"][string]): number {
  let count = 0;
  withTensors(args, () => {
    count++;
    return {} as Tensor;
  });
  return count;
}
