/**
 * Steps of SGD on the deeper networks from weights and batches that a formula makes, and what PyTorch says they give.
 *
 * PyTorch's numbers are made by test/golden/residual-nets.py.
 */

import { readFileSync } from "node:fs";
import { ARCHITECTURES, type EmotionModel } from "@mien/emotion";
import { crossEntropy, type Device, noGrad, numel, SGD, type Shape, scope, tensor } from "mien";

export interface Run {
  /** Before each step. */
  readonly losses: readonly number[];
  /** [8, 4], of one batch more after the last step, in evaluation mode. */
  readonly logits: readonly number[];
}

interface Golden {
  /** The shapes of PyTorch's state dict, by name. */
  readonly state: Readonly<Record<string, Shape>>;
  readonly runs: readonly { readonly seed: number; readonly float32: Run; readonly float64: Run }[];
}

export const NETWORKS = ["resnet", "mobilenet"] as const;
export type Network = (typeof NETWORKS)[number];

export const golden = JSON.parse(
  readFileSync(new URL("../golden/residual-nets.json", import.meta.url), "utf8"),
) as Readonly<Record<Network, Golden>>;

const BATCH = 8;
const SIZE = 48;
const SQUARE = 8;
const CLASSES = 4;

export function buildNetwork(name: Network, device: Device): EmotionModel {
  return ARCHITECTURES[name].build({}, { device })!;
}

/** Numbers in [-1, 1): a hash of the place and the seed. */
function uniform(count: number, seed: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    let h = (i + seed * 1_000_003) >>> 0;
    h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
    h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
    return ((h ^ (h >>> 16)) >>> 0) / 2 ** 31 - 1;
  });
}

/** Weights of variance 2 / fan-in for convolutions, within 1 / sqrt(fan-in) for the dense layer. */
function fill(model: EmotionModel, seed: number): void {
  noGrad(() => {
    for (const [i, [name, parameter]] of [...model.namedParameters()].entries()) {
      const { shape, ndim, device } = parameter;
      const fanIn = numel(shape.slice(1));
      const scale = ndim === 4 ? Math.sqrt(6 / fanIn) : Math.sqrt(1 / fanIn);
      const constant = name.endsWith("weight") ? 1 : 0;
      const values =
        ndim === 1
          ? new Float32Array(parameter.numel).fill(constant)
          : Float32Array.from(uniform(parameter.numel, 1000 * seed + i), (value) => value * scale);
      using source = tensor(values, { shape, device });
      parameter.copy_(source);
    }
  });
}

/** To each class a pattern of 8x8 squares, under noise: something to learn. */
function images(seed: number, step: number): Float32Array {
  const side = SIZE / SQUARE;
  const patterns = uniform(CLASSES * 3 * side ** 2, 1000 * seed + 300);
  const noise = uniform(BATCH * 3 * SIZE ** 2, 1000 * seed + 400 + step);
  return Float32Array.from(noise, (value, i) => {
    const [x, y] = [i % SIZE, Math.floor(i / SIZE) % SIZE];
    const plane = Math.floor(i / SIZE ** 2) % (3 * CLASSES);
    const square = (plane * side + Math.floor(y / SQUARE)) * side + Math.floor(x / SQUARE);
    return 2 * patterns[square]! + value;
  });
}

/** Trains from the formula's weights. With fewer steps than PyTorch's, the logits are not to be compared. */
export async function trainByFormula(
  name: Network,
  seed: number,
  device: Device,
  steps: number,
): Promise<Run> {
  using model = buildNetwork(name, device);
  fill(model, seed);
  using optimizer = new SGD(model.parameters(), { lr: 0.01, momentum: 0.9 });
  using labels = tensor(
    Array.from({ length: BATCH }, (_, i) => i % CLASSES),
    { device, dtype: "int32" },
  );
  const batch = (step: number) => tensor(images(seed, step), { shape: [BATCH, 3, SIZE, SIZE], device });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    using loss = scope(() => {
      const loss = crossEntropy(model.forward(batch(step)), labels);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.detach();
    });
    losses.push(await loss.item());
  }
  using logits = noGrad(() => scope(() => model.eval().forward(batch(steps))));
  return { losses, logits: Array.from(await logits.data()) };
}
