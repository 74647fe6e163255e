/**
 * Dropout (Srivastava et al. 2014): in training, each value is set to 0 with probability p, and the others are divided
 * by 1 - p, so that their sum stays the same on average. In evaluation nothing happens.
 *
 * Nothing is saved for the gradient. It passes where the value passed, so it is dropout of the output's gradient with
 * the same random numbers, and those can be drawn again from their place in the generator's stream.
 */

import { apply, type Op } from "../autograd.ts";
import { empty, ones } from "../create.ts";
import { ArgumentError } from "../errors.ts";
import type { RandomStream } from "../kernels.ts";
import { scope } from "../memory.ts";
import { defaultGenerator, type Generator } from "../random.ts";
import { type Live, live } from "../recording.ts";
import type { Tensor } from "../tensor.ts";
import { mul } from "./binary.ts";
import { checkFlag, checkFloat, checkNames, checkNumber, checkRank } from "./check.ts";
import { contiguous } from "./copy.ts";

export interface DropoutOptions {
  /** Whether anything is dropped at all. Default: true. */
  readonly training?: boolean;
  /** What draws. Default: the generator that `manualSeed` seeds. */
  readonly generator?: Generator;
}

/** One place in the stream for both ways; in each replay of a captured step it is another. */
type Params = Live<RandomStream & { readonly p: number; readonly count: number }>;

function launch(x: Tensor, params: Params): Tensor {
  const out = empty(x.shape, { device: x.device, dtype: x.dtype });
  x.device.launch("dropout", [contiguous(x), out], params);
  return out;
}

const dropoutOp: Op<[x: Tensor], Params> = {
  name: "dropout",
  forward: ([x], params) => launch(x, params),
  gradients: ({ grad, params }) => [() => launch(grad, params)],
};

function check(op: string, x: Tensor, p: number, options: DropoutOptions): void {
  checkNames(op, options, ["training", "generator"]);
  checkFloat(op, x);
  checkNumber(op, "p", p);
  checkFlag(op, "training", options.training ?? true);
  if (p >= 0 && p <= 1) return;
  throw new ArgumentError(`${op}: got p ${p}, expected a probability from 0 to 1`);
}

/**
 * Drops values. https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout.html
 *
 * The generator moves on by one number for each value. A seed drops the same values on every device.
 *
 * @param p the probability with which a value is dropped, from 0 to 1
 * @returns x itself when nothing is to be dropped
 */
export function dropout(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  const op = "dropout";
  check(op, x, p, options);
  const { training = true, generator = defaultGenerator } = options;
  if (!training || p === 0) return x;
  const count = x.numel;
  return apply(
    dropoutOp,
    [x],
    live(() => generator.reserve(count), { p, count }),
  );
}

/**
 * Drops whole channels, because the pixels of one are too much alike for dropping single ones to hide anything.
 * https://pytorch.org/docs/stable/generated/torch.nn.functional.dropout2d.html
 *
 * @param x [N, C, H, W]
 * @param p the probability with which a channel of an image is dropped, from 0 to 1
 */
export function dropout2d(x: Tensor, p = 0.5, options: DropoutOptions = {}): Tensor {
  const op = "dropout2d";
  check(op, x, p, options);
  checkRank(op, "input", x, ["N", "C", "H", "W"]);
  if (options.training === false || p === 0) return x;
  return scope(() => {
    const [n, c] = x.shape as [number, number, number, number];
    return mul(x, dropout(ones([n, c, 1, 1], { device: x.device, dtype: x.dtype }), p, options));
  });
}
