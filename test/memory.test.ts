/**
 * A thousand training steps hold as much memory as fifty, with scopes and without, and when steps fail on the way.
 *
 * With scopes every figure is the same to the byte, the pool of freed buffers included. Without them the garbage
 * collector frees what a step left over; it comes when it pleases, so live memory is compared after it has been.
 */

import {
  adamStep,
  conv2d,
  crossEntropy,
  type Device,
  Generator,
  leakyRelu,
  linear,
  matmul,
  maxPool2d,
  memoryStats,
  noGrad,
  randn,
  ShapeError,
  scope,
  setGarbageCollector,
  type Tensor,
  tensor,
  zeros,
} from "@mien/tensor";
import { afterAll, describe, expect, test } from "vitest";
import { openTestDevices } from "./support/devices.ts";
import { collectGarbage, collectUntil } from "./support/garbage.ts";

const { present: all, skipped } = await openTestDevices();
// Limits decide which kernels run, not who frees memory.
const present = all.filter(({ label }) => !label.includes("limits"));
afterAll(() => {
  for (const { device } of all) device.dispose();
});

const STEPS = 1000;

const { uncollected: uncollectedBefore } = memoryStats();
/** Collects what tests have left. */
const collectAll = () => collectUntil(() => memoryStats().uncollected <= uncollectedBefore);

/** A tiny network with one layer of each kind, and an optimizer of each kind. */
class Task {
  readonly #device: Device;
  readonly #images: Tensor;
  readonly #labels: Tensor;
  readonly #kernel: Tensor;
  readonly #weight: Tensor;
  readonly #bias: Tensor;
  readonly #moments: readonly [Tensor, Tensor];

  constructor(device: Device) {
    const random = { device, generator: new Generator(1) };
    this.#device = device;
    this.#images = randn([4, 1, 6, 6], random);
    this.#labels = tensor([0, 1, 2, 0], { device, dtype: "int32" });
    this.#kernel = randn([3, 1, 3, 3], { ...random, requiresGrad: true });
    this.#weight = randn([3, 12], { ...random, requiresGrad: true });
    this.#bias = zeros([3], { device, requiresGrad: true });
    this.#moments = [this.#weight.zerosLike(), this.#weight.zerosLike()];
  }

  /** One step of training. Returns the loss. */
  step(n: number): Tensor {
    const features = maxPool2d(conv2d(this.#images, this.#kernel, null, { activation: "leakyRelu" }), 2);
    const logits = linear(leakyRelu(features.flatten(1)), this.#weight, this.#bias);
    const loss = crossEntropy(logits, this.#labels);
    loss.backward();
    noGrad(() => {
      for (const p of [this.#kernel, this.#bias]) p.copy_(p.sub(p.grad!.mul(0.05)));
      const constants = { lr: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, decoupled: false };
      adamStep(this.#weight, this.#weight.grad!, ...this.#moments, { ...constants, step: n + 1 });
    });
    for (const p of this.#parameters) p.zeroGrad();
    return loss.detach();
  }

  /** A step that goes wrong in the middle, with half a graph built. */
  brokenStep(): void {
    const features = conv2d(this.#images, this.#kernel);
    matmul(features.flatten(1), randn([3, 3], { device: this.#device }));
  }

  get #parameters(): Tensor[] {
    return [this.#kernel, this.#weight, this.#bias];
  }

  dispose(): void {
    for (const x of [this.#images, this.#labels, ...this.#parameters, ...this.#moments]) x.dispose();
  }
}

interface Memory {
  readonly live: readonly [buffers: number, bytes: number];
  readonly pool: readonly [buffers: number, bytes: number];
  readonly loss: number;
}

/** Trains, and reports memory after step 50 and after the last. */
async function train(
  device: Device,
  options: { scoped: boolean; failing?: boolean },
): Promise<readonly [early: Memory, late: Memory]> {
  const task = new Task(device);
  const own = device.stats().liveBuffers;
  const run = (n: number): Tensor => (options.scoped ? scope(() => task.step(n)) : task.step(n));
  const runBroken = () => (options.scoped ? scope(() => task.brokenStep()) : task.brokenStep());
  /** In a function of its own, so that nothing of the step can be reached any more when it is over. */
  const step = async (n: number): Promise<number> => {
    if (options.failing && n % 10 === 9) expect(runBroken).toThrow(ShapeError);
    const loss = run(n);
    // A program reads the loss now and then, and in doing so gives other tasks their turn.
    const value = n % 10 === 9 ? await loss.item() : 0;
    if (options.scoped) loss.dispose();
    return value;
  };
  const seen: Memory[] = [];
  for (let n = 0; n < STEPS; n++) {
    const loss = await step(n);
    if (!options.scoped && n % 10 === 9) collectGarbage();
    if (n !== 49 && n !== STEPS - 1) continue;
    if (!options.scoped) await collectUntil(() => device.stats().liveBuffers <= own);
    await device.sync();
    const { liveBuffers, liveBytes, pooledBuffers, pooledBytes } = device.stats();
    seen.push({ live: [liveBuffers, liveBytes], pool: [pooledBuffers, pooledBytes], loss });
  }
  task.dispose();
  return seen as [Memory, Memory];
}

for (const { label, reason } of skipped) describe.skip(`on ${label}`, () => test.skip(reason));

describe.each(present.map(({ label, device }) => [label, device] as const))("on %s", (label, device) => {
  test.each([
    ["with scopes", { scoped: true }],
    ["with scopes, every tenth step throws", { scoped: true, failing: true }],
    ["without scopes", { scoped: false }],
    ["without scopes, every tenth step throws", { scoped: false, failing: true }],
  ] as const)(`${STEPS} steps, %s`, async (name, options) => {
    await collectAll();
    const before = device.stats().liveBuffers;
    const { collected } = memoryStats();
    const [early, late] = await train(device, options);
    await collectAll();
    const rss = Math.round(process.memoryUsage().rss / 2 ** 20);
    console.info(
      `${label}, ${name}: live ${late.live[0]} buffers, ${late.live[1]} bytes; pooled ${late.pool[0]} buffers, ` +
        `${late.pool[1]} bytes (${early.pool[1]} after step 50); RSS ${rss} MB; loss ${late.loss.toFixed(4)}`,
    );
    expect(late.live).toEqual(early.live);
    if (options.scoped) {
      expect(late.pool).toEqual(early.pool);
      expect(memoryStats().collected).toBe(collected);
    } else expect(late.pool[1]).toBeLessThanOrEqual(1.5 * early.pool[1]);
    expect(device.stats().liveBuffers).toBe(before);
    expect(late.loss).toBeLessThan(0.5 * early.loss);
  });
});

// The reference is too slow for tensors large enough to matter, and frees memory as the others do.
const fast = present.filter(({ label }) => label !== "reference");
describe.each(fast.map(({ label, device }) => [label, device] as const))("on %s", (label, device) => {
  test("250 steps in PyTorch's style, without scopes: memory is bounded by the pressure on the net", async () => {
    setGarbageCollector(collectGarbage);
    const steps = 250;
    // Not small, because each launch costs a GPU in software more than some thousand elements do.
    const w = randn([200, 200], { device, requiresGrad: true });
    const x = randn([200, 200], { device });
    let most = 0;
    for (let n = 0; n < steps; n++) {
      let y = x;
      for (let layer = 0; layer < 4; layer++) y = leakyRelu(y.mul(w).add(0.1), 0.1);
      const loss = y.square().mean();
      loss.backward();
      noGrad(() => w.copy_(w.sub(w.grad!.mul(1e-3))));
      w.zeroGrad();
      await loss.item();
      most = Math.max(most, device.stats().liveBytes);
    }
    // Three results per layer forward, and as many gradients backward.
    const made = steps * 4 * 6 * w.numel * 4;
    console.info(
      `${label}: at most ${Math.round(most / 2 ** 20)} MB live of ${Math.round(made / 2 ** 20)} MB made`,
    );
    expect(most).toBeLessThan(400 * 2 ** 20);
  });
});
