/**
 * A small network with parameters of awkward sizes, for the tests of optimizers.
 */

import { type Device, Generator, randn, type Tensor, type TypedArray } from "@mien/tensor";
import { LeakyReLU, Linear, Sequential } from "../layers/index.ts";

/** Six parameters, of which only one fills its slot; the same values every time. */
export function network(device: Device): Sequential {
  const options = { device, generator: new Generator(9) };
  return new Sequential(
    new Linear(3, 7, options),
    new LeakyReLU(0.1),
    new Linear(7, 64, options),
    new Linear(64, 2, options),
  );
}

/** Adds the gradients of some loss to the parameters. */
export function backward(model: Sequential): void {
  const { device } = model.parameters()[0]!;
  const x = randn([5, 3], { device, generator: new Generator(5) });
  model.forward(x).square().mean().backward();
}

/** Takes so many steps. */
export function train(model: Sequential, optimizer: { zeroGrad(): void; step(): void }, steps: number): void {
  for (let step = 0; step < steps; step++) {
    optimizer.zeroGrad();
    backward(model);
    optimizer.step();
  }
}

/** The values of several tensors. */
export function values(tensors: readonly Tensor[]): Promise<TypedArray[]> {
  return Promise.all(tensors.map((tensor) => tensor.data()));
}
