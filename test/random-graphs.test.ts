/**
 * Random graphs: does the engine put the right gradients together, whatever the ops are connected like?
 *
 * The op table looks at ops one at a time. Here a dozen of them, drawn at random, share inputs, broadcast, and meet
 * again; gradients are checked against finite differences, and on the fast devices against the reference. Some leaves
 * have a slot for their gradient, as an optimizer gives them.
 */

import { openReference } from "@mien/cpu";
import {
  arange,
  batchNorm,
  concat,
  type Device,
  type FloatDType,
  Generator,
  jacobians,
  layerNorm,
  mean,
  type Shape,
  scope,
  type Tensor,
  tensor,
  where,
  zeros,
} from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { distance } from "./support/closeness.ts";
import { openTestDevices } from "./support/devices.ts";

const reference = openReference();
const { present, skipped } = await openTestDevices();
afterAll(() => {
  reference.dispose();
  for (const { device } of present) device.dispose();
});

const GRAPHS = 40;
const OPS = 14;
/** Where all gradients cancel out there is nothing to compare. */
const LEAST = 1e-3;
const leafShapes: readonly Shape[] = [[2, 3], [2, 3], [2, 3], [2, 3], [3], [2, 1], [], [1, 1]];

/** Values stay small: every op either squashes or is followed by `tame`. */
const tame = (x: Tensor): Tensor => x.div(x.square().add(1));

type Step = (pick: () => Tensor, random: Generator) => Tensor;

/** All that can happen to values of the shapes above, and of [2, 3] most of all. */
const steps: readonly Step[] = [
  (pick) => pick().add(pick()),
  (pick) => pick().sub(pick()),
  (pick) => tame(pick().mul(pick())),
  (pick) => tame(pick()).exp(),
  (pick) => pick().square().add(1).sqrt(),
  (pick) => pick().square().add(0.5).reciprocal(),
  (pick) => pick().div(pick().square().add(1)),
  (pick) => pick().sum(undefined, true),
  (pick) => mean(pick()),
  (pick) => full(pick()).mean(0, true).expand(2, 3),
  (pick) => full(pick()).transpose(0, 1).reshape(2, 3),
  (pick) => full(pick()).slice(1, 1, 3).sum(1, true),
  (pick) => concat([full(pick()).slice(1, 0, 1), full(pick()).slice(1, 0, 2)], 1),
  (pick) => tame(full(pick()).matmul(full(pick()).transpose(0, 1)).matmul(full(pick()))),
  (pick) => full(pick()).softmax(1),
  // These may be given the gradient in two parts.
  (pick) => layerNorm(full(pick()), 3, { eps: 1 }),
  (pick) => batchNorm(full(pick()), { training: true, addend: full(pick()), eps: 1 }),
  (pick) => {
    const { device } = pick();
    return where(arange(3, undefined, 1, { device }).gt(0), full(pick()), full(pick()));
  },
  (pick) => {
    const x = pick();
    return x.add(x.mul(pick())); // a residual connection
  },
  (pick) => {
    const x = pick();
    return x.mul(x).sub(x);
  },
];

/** Any value as [2, 3]. */
function full(x: Tensor): Tensor {
  return x.ndim === 2 && x.shape[0] === 2 && x.shape[1] === 3 ? x : x.add(zeros([2, 3], like(x)));
}

const like = ({ device, dtype }: Tensor) => ({ device, dtype });

/** The function that graph number `seed` computes: a scalar of its leaves. */
function graph(seed: number, leaves: readonly Tensor[]): Tensor {
  const random = new Generator(seed);
  const values = [...leaves];
  // Now one of the latest values, now a leaf: graphs are deep, and leaves come in everywhere.
  const pick = (): Tensor => {
    const isLeaf = random.integer(3) === 0;
    const back = random.integer(5);
    return (isLeaf ? leaves[random.integer(leaves.length)] : values.at(-1 - back)) ?? leaves[0]!;
  };
  for (let i = 0; i < OPS; i++) values.push(steps[random.integer(steps.length)]!(pick, random));
  return values
    .slice(-4)
    .map((x) => tame(x).sum())
    .reduce((sum, x) => sum.add(x));
}

function makeLeaves(seed: number, device: Device, dtype: FloatDType): Tensor[] {
  const random = new Generator(1000 + seed);
  return leafShapes.map((shape) => {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Array.from({ length: count }, () => Math.fround(random.normal()));
    return tensor(values, { shape, device, dtype, requiresGrad: true });
  });
}

/** The gradients of the leaves; every second leaf has a slot, full of what must not matter. */
async function gradients(seed: number, device: Device, dtype: FloatDType, slots: boolean) {
  const leaves = makeLeaves(seed, device, dtype);
  const flat = tensor(new Array<number>(200).fill(77), { device, dtype });
  if (slots) {
    for (const [i, leaf] of leaves.entries()) {
      if (i % 2 === 0)
        leaf.gradSlot = flat
          .slice(0, 20 * i, 20 * i + leaf.numel)
          .reshape(leaf.shape)
          .detach();
    }
  }
  scope(() => graph(seed, leaves).backward());
  // A leaf that nothing was made of has no gradient.
  const result = await Promise.all(leaves.map((leaf) => leaf.grad?.data() ?? new Float32Array(leaf.numel)));
  for (const leaf of leaves) {
    leaf.gradSlot?.dispose();
    leaf.dispose();
  }
  flat.dispose();
  return result;
}

const seeds = Array.from({ length: GRAPHS }, (_, seed) => seed);

test("gradients are derivatives", async () => {
  let told = 0;
  for (const seed of seeds) {
    const leaves = makeLeaves(seed, reference, "float64");
    const found = await jacobians((inputs) => graph(seed, inputs), leaves);
    const largest = Math.max(...found.flatMap(({ numeric }) => Array.from(numeric, Math.abs)));
    for (const leaf of leaves) leaf.dispose();
    if (largest < LEAST) continue;
    told++;
    for (const { input, analytic, numeric } of found) {
      const error = Math.max(...numeric.map((value, i) => Math.abs(value - analytic[i]!)));
      expect(error / largest, `graph ${seed}, leaf ${input}`).toBeLessThan(1e-6);
    }
  }
  expect(told).toBeGreaterThan(0.8 * GRAPHS);
});

for (const { label, reason } of skipped) describe.skip(`on ${label}`, () => test.skip(reason));

describe.each(present.map(({ label, device }) => [label, device] as const))("on %s", (_, device) => {
  test.each([false, true])("gradients are the reference's (slots: %s)", async (slots) => {
    for (const seed of seeds) {
      const expected = (await gradients(seed, reference, "float64", false)).flatMap((values) => [...values]);
      if (Math.max(...expected.map(Math.abs)) < LEAST) continue;
      const actual = (await gradients(seed, device, "float32", slots)).flatMap((values) => [...values]);
      const { error } = distance(Float32Array.from(actual), Float64Array.from(expected));
      // Rounding errors of a dozen ops add up.
      expect(error, `graph ${seed}`).toBeLessThan(1e-4);
    }
  });
});
