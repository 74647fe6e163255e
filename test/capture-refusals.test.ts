/**
 * A captured step refuses, with the reason, whatever a replay would leave out.
 */

import { ArgumentError, capture, Generator, Linear, noGrad, randn, type Tensor, tensor, zeros } from "mien";
import { describe, expect, test } from "vitest";
import { devicesOfFile } from "./support/devices-of-file.ts";

const present = await devicesOfFile();

describe.each(present)("$label", ({ device }) => {
  if (device.recorder) {
    describe("what changes without a word", () => {
      test("a number", () => {
        let factor = 1;
        const step = capture(device, (x: Tensor) => x.mul(factor++));
        step(Float32Array.of(1)).dispose();
        step(Float32Array.of(1)).dispose();
        expect(() => step(Float32Array.of(1))).toThrow(
          /^capture: the step has changed since it was recorded: unary \(launch 1 of the step\) got alpha 3, expected 2/,
        );
        step.dispose();
      });

      test("a number that changes late, at the next check", () => {
        let factor = 1;
        const step = capture(device, (x: Tensor) => x.mul(factor), { checkEvery: 10 });
        const call = () => step(Float32Array.of(1)).dispose();
        for (let i = 0; i < 8; i++) call();
        factor = 2;
        expect(() => {
          for (let i = 0; i < 10; i++) call();
        }).toThrow(/got alpha 2, expected 1/);
        for (let i = 0; i < 8; i++) call();
        step.dispose();
      });

      test("values from the host", () => {
        const generator = new Generator(0);
        const step = capture(device, (x: Tensor) => x.add(randn([1], { device, generator })));
        step(Float32Array.of(1)).dispose();
        step(Float32Array.of(1)).dispose();
        expect(() => step(Float32Array.of(1))).toThrow(/tensor\(\) brings other values from the host/);
        step.dispose();
      });

      test("a shape, a kernel, another tensor, the end", () => {
        let calls = 0;
        const one = tensor([1], { device });
        const two = tensor([1, 2], { device });
        const changes: [(x: Tensor) => Tensor, RegExp][] = [
          [
            (x) => x.add(calls > 2 ? two : one),
            /got memory for 8 bytes after 0 launches, expected memory for 4/,
          ],
          [(x) => (calls > 2 ? x.exp() : x.softmax(0)), /got unary after 0 launches, expected softmax/],
          [
            (x) => x.mul(calls > 2 ? two.slice(0, 0, 1) : one),
            /binary \(launch 1 .*\) has another tensor as operand 2/,
          ],
          [(x) => (calls > 2 ? x.exp() : x.exp().exp()), /ended after 2 calls of the device, expected 4/],
          [
            (x) => (calls > 2 ? x.exp().exp() : x.exp()),
            /got memory for 4 bytes after 1 launches, expected the end/,
          ],
        ];
        for (const [body, message] of changes) {
          calls = 0;
          const step = capture(device, (x: Tensor) => {
            calls++;
            return body(x);
          });
          step(Float32Array.of(1)).dispose();
          step(Float32Array.of(1)).dispose();
          expect(() => step(Float32Array.of(1))).toThrow(message);
          step.dispose();
        }
        one.dispose();
        two.dispose();
      });

      test("a tensor that is kept", () => {
        const kept: Tensor[] = [];
        const step = capture(device, (x: Tensor) => void kept.push(x.mul(2).keep()));
        step(Float32Array.of(1));
        expect(() => step(Float32Array.of(1))).toThrow(/^capture: the step keeps a tensor that it made/);
        for (const tensor of kept) tensor.dispose();
        step.dispose();
      });

      test("a hook that is registered later", () => {
        const model = new Linear(1, 1, { device });
        const step = capture(device, (x: Tensor) => noGrad(() => model.forward(x.reshape(1, 1))));
        for (let i = 0; i < 4; i++) step(Float32Array.of(1)).dispose();
        const remove = model.registerForwardHook(() => undefined);
        expect(() => step(Float32Array.of(1))).toThrow(/^capture: got a forward hook on Linear/);
        remove();
        step(Float32Array.of(1)).dispose();
        step.dispose();
        model.dispose();
      });
    });
  }

  describe("what a replay cannot do, in the first call", () => {
    const refusals: [string, (x: Tensor) => unknown, RegExp][] = [
      ["a read", (x) => void x.item(), /^capture: got data\(\) or item\(\) inside of the step.*Help: return/],
      ["a promise", async (x) => await x.data(), /^capture: (the step returned a promise|got data)/],
      ["a number as result", () => 1, /^capture: the step returned 1, expected tensors/],
      ["a class as result", () => new Map(), /^capture: the step returned an object, expected tensors/],
      [
        "a graph as result",
        (x) => x.mul(zeros([1], { device, requiresGrad: true })),
        /^capture: the step returned .* with a graph/,
      ],
      [
        "a step in a step",
        (x) => capture(device, (y: Tensor) => y)(x),
        /^capture: got a captured step inside of a captured step/,
      ],
    ];
    test.each(refusals)("%s", (_, body, message) => {
      const step = capture(device, body as (x: Tensor) => Tensor);
      expect(() => step(Float32Array.of(1))).toThrow(message);
      step.dispose();
    });

    test("two devices", () => {
      const other = present.find((candidate) => candidate.device !== device)?.device;
      if (!other) return;
      const x = tensor([1], { device: other });
      const step = capture(device, () => x.add(1));
      expect(() => step()).toThrow(/^capture: the step uses two devices/);
      step.dispose();
      x.dispose();
    });

    test("inputs of other kinds, and those that require grad", () => {
      const step = capture(device, (x: Tensor) => x.add(1));
      expect(() => step("1" as never)).toThrow(
        /^capture: got string as input 0, expected a tensor, a number/,
      );
      const leaf = zeros([1], { device, requiresGrad: true });
      expect(() => step(leaf)).toThrow(/^capture: input 0 requires grad/);
      expect(() => capture(device, () => {}, { checkEvery: 0 })).toThrow(ArgumentError);
      leaf.dispose();
      step.dispose();
    });
  });
});
