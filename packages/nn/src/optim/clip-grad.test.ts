/**
 * Clipping beside PyTorch's, for every norm, and what it refuses.
 */

import { openReference } from "@mien/cpu";
import { GradError, type Tensor, tensor } from "@mien/tensor";
import { describe, expect, test } from "vitest";
import { golden, relativeError } from "../../../../test/support/optimizer-goldens.ts";
import { Parameter } from "../parameter.ts";
import { Adam, clipGradNorm, clipGradValue } from "./index.ts";
import { backward, network, values } from "./test-network.ts";

const device = openReference();
const options = { device, dtype: "float64" } as const;

/** Parameters with given gradients, and one without. */
function withGrads(grads: readonly (readonly number[])[]): Parameter[] {
  const params = grads.map((grad) => {
    const param = new Parameter(tensor(grad, options).zerosLike());
    param.mul(tensor(grad, options)).sum().backward();
    return param;
  });
  return [...params, new Parameter(tensor([1], options))];
}

const gradsOf = (params: readonly Tensor[]) => values(params.flatMap(({ grad }) => grad ?? []));

describe("clipGradNorm", () => {
  test.each(golden.clipping.norms)("norm $normType, at most $maxNorm", async (expected) => {
    const params = withGrads(golden.clipping.grads);
    const normType = expected.normType ?? Infinity;
    const norm = clipGradNorm(params, expected.maxNorm, { normType });
    expect(relativeError(await norm.data(), [expected.norm])).toBeLessThan(1e-12);
    for (const [i, grad] of (await gradsOf(params)).entries()) {
      expect(relativeError(grad, expected.grads[i]!)).toBeLessThan(1e-12);
    }
  });

  test("gradients stay in their slots, so that a step is still one launch", () => {
    const model = network(device);
    const optimizer = new Adam(model.parameters());
    backward(model);
    const slots = model.parameters().map(({ grad }) => grad);
    clipGradNorm(model.parameters(), 0.1);
    clipGradValue(model.parameters(), 0.01);
    expect(model.parameters().every(({ grad }, i) => grad === slots[i])).toBe(true);
    optimizer.step();
  });

  test("a norm that is not finite is refused on demand, and nothing is changed", async () => {
    for (const bad of [Number.NaN, Infinity]) {
      const params = withGrads([[1, 2], [bad]]);
      await expect(clipGradNorm(params, 1, { errorIfNonfinite: true })).rejects.toThrow(GradError);
      expect(await gradsOf(params)).toEqual([Float64Array.of(1, 2), Float64Array.of(bad)]);
    }
    const params = withGrads([[3, 4]]);
    const norm = await clipGradNorm(params, 1, { errorIfNonfinite: true });
    expect(await norm.item()).toBe(5);
    expect(relativeError((await gradsOf(params))[0]!, [0.6, 0.8])).toBeLessThan(1e-6);
  });

  test("options out of range and missing gradients are refused", () => {
    const params = withGrads([[1]]);
    expect(() => clipGradNorm(params, 0)).toThrow(/^clipGradNorm: got maxNorm 0, expected a number above 0/);
    expect(() => clipGradNorm(params, 1, { normType: 0 })).toThrow(/^clipGradNorm: got normType 0/);
    expect(() => clipGradNorm(params.slice(1), 1)).toThrow(/^clipGradNorm: got no gradients/);
  });
});

describe("clipGradValue", () => {
  test("PyTorch's values", async () => {
    const params = withGrads(golden.clipping.grads);
    clipGradValue(params, golden.clipping.value.clipValue);
    expect((await gradsOf(params)).map((grad) => Array.from(grad))).toEqual(golden.clipping.value.grads);
  });

  test("NaN stays; options out of range and missing gradients are refused", async () => {
    const params = withGrads([[Number.NaN, -Infinity, 2]]);
    clipGradValue(params, 1);
    expect(await gradsOf(params)).toEqual([Float64Array.of(Number.NaN, -1, 1)]);
    expect(() => clipGradValue(params, -1)).toThrow(/^clipGradValue: got clipValue -1/);
    expect(() => clipGradValue(params.slice(1), 1)).toThrow(/^clipGradValue: got no gradients/);
  });
});
