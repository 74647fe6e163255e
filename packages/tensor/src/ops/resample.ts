/**
 * Separable linear maps of images: what average pooling and interpolation are, and their gradients too.
 *
 * Such a map is two sparse matrices, one along the rows and one along the columns. They are made here in float64, once
 * per call and in time that the sides of the image take, not its area, and go to the device with the launch. The
 * gradient of a linear map is its transpose.
 */

import { apply, type Op } from "../autograd.ts";
import { empty, tensor } from "../create.ts";
import type { Tensor } from "../tensor.ts";
import { contiguous } from "./copy.ts";

/** An input position and how much it counts. */
export type Tap = readonly [index: number, weight: number];

/** A sparse matrix, stored by rows: the taps of output `i` are those from `starts[i]` to before `starts[i + 1]`. */
export interface AxisMap {
  readonly inputs: number;
  readonly outputs: number;
  readonly starts: readonly number[];
  readonly taps: readonly number[];
  readonly weights: readonly number[];
}

/** The matrix with the given taps per output. Neighbours that are one input are joined, and weights of 0 left out. */
export function axisMap(inputs: number, outputs: number, tapsOf: (output: number) => Iterable<Tap>): AxisMap {
  const starts = [0];
  const taps: number[] = [];
  const weights: number[] = [];
  for (let output = 0; output < outputs; output++) {
    for (const [index, weight] of tapsOf(output)) {
      if (weight === 0) continue;
      if (taps.length > starts[output]! && taps.at(-1) === index) {
        weights[weights.length - 1]! += weight;
      } else {
        taps.push(index);
        weights.push(weight);
      }
    }
    starts.push(taps.length);
  }
  return { inputs, outputs, starts, taps, weights };
}

/** One input after the other from `start` to before `end`, all with one weight. */
export function* evenTaps(start: number, end: number, weight: number): Generator<Tap> {
  for (let index = start; index < end; index++) yield [index, weight];
}

function transposed({ inputs, outputs, starts, taps, weights }: AxisMap): AxisMap {
  const readers: Tap[][] = Array.from({ length: inputs }, () => []);
  for (let output = 0; output < outputs; output++) {
    for (let a = starts[output]!; a < starts[output + 1]!; a++)
      readers[taps[a]!]!.push([output, weights[a]!]);
  }
  return axisMap(outputs, inputs, (input) => readers[input]!);
}

interface Maps {
  readonly rows: AxisMap;
  readonly columns: AxisMap;
}

function launch(x: Tensor, { rows, columns }: Maps): Tensor {
  const { device, dtype } = x;
  const tables = (map: AxisMap) =>
    [
      tensor(Int32Array.from([...map.starts, ...map.taps]), { device, dtype: "int32" }),
      tensor(Float64Array.from(map.weights), { device, dtype }),
    ] as const;
  const [n, c, hIn, wIn] = x.shape as [number, number, number, number];
  const [hOut, wOut] = [rows.outputs, columns.outputs];
  const out = empty([n, c, hOut, wOut], { device, dtype });
  device.launch("resample2d", [contiguous(x), ...tables(rows), ...tables(columns), out], {
    planes: n * c,
    ...{ hIn, wIn, hOut, wOut },
  });
  return out;
}

/** The function that maps the planes of [N, C, H, W] for the op `name`. */
export function resampling(name: string): (x: Tensor, rows: AxisMap, columns: AxisMap) => Tensor {
  const op: Op<[x: Tensor], Maps> = {
    name,
    forward: ([x], maps) => launch(x, maps),
    gradients: ({ grad, params: { rows, columns } }) => [
      () => launch(grad, { rows: transposed(rows), columns: transposed(columns) }),
    ],
  };
  return (x, rows, columns) => apply(op, [x], { rows, columns });
}
