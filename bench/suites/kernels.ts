/**
 * `kernels`: the kernels of a training step one by one, launched on operands that lie on the device.
 *
 * GFLOP/s count a convolution as a direct one, whatever way it was computed (Winograd's does with fewer operations, so
 * it may go beyond the peak); GB/s count what has to be read and written at least once. On a GPU the kernels' own time
 * counts, by its clock where it has one; PyTorch's rows hold its launches too.
 */

import { adamStep, type Conv2dParams, contiguousStrides, type Device, empty, Generator, randn } from "mien";
import { batchFor, compete, noteFor, type Suite } from "../field.ts";
import { timeKernels } from "../measure.ts";
import type { Row } from "../report.ts";

/** What one run of a kernel amounts to. */
interface Work {
  readonly flops?: number;
  readonly bytes?: number;
}

interface KernelCase {
  readonly name: string;
  /** The same in `peers/torch_bench.py`. */
  readonly workload: string;
  /** Whether it works on a batch of images. */
  readonly isBatched: boolean;
  work(batch: number): Work;
  /** Makes the operands, and returns what launches the kernel once. */
  prepare(device: Device, batch: number): () => void;
}

const BATCH = 64;
const SIZE = 48;
const HALF = SIZE / 2;
const FLOAT_BYTES = 4;
const FEATURES = 32 * HALF * HALF;
const HIDDEN = 32;
const MATRIX = 512;
const ELEMENTS = 1 << 22;
const PARAMETERS = 595_076;

/** A 3x3 convolution that keeps the size of its images. */
function conv(n: number, cIn: number, cOut: number): Conv2dParams {
  const sizes = { hIn: SIZE, wIn: SIZE, hOut: SIZE, wOut: SIZE, kH: 3, kW: 3 };
  const steps = { strideH: 1, strideW: 1, padTop: 1, padLeft: 1, dilationH: 1, dilationW: 1, groups: 1 };
  return { n, cIn, cOut, ...sizes, ...steps };
}

/** Operations of such a convolution, and of each of its gradients. */
const convWork = (cIn: number, cOut: number) => (batch: number) => ({
  flops: 2 * batch * SIZE * SIZE * (cIn * 9) * cOut,
});

/** Operands of a convolution: input, weight, bias, output or the output's gradient. */
function convOperands(device: Device, params: Conv2dParams) {
  const { n, cIn, cOut } = params;
  const make = (...shape: number[]) => randn(shape, { device, generator: new Generator(0) }).keep();
  return {
    x: make(n, cIn, SIZE, SIZE),
    weight: make(cOut, cIn, 3, 3),
    bias: make(cOut),
    out: make(n, cOut, SIZE, SIZE),
  };
}

function convForward(cIn: number, cOut: number) {
  return (device: Device, batch: number) => {
    const params = conv(batch, cIn, cOut);
    const { x, weight, bias, out } = convOperands(device, params);
    return () =>
      device.launch("conv2d", [x, weight, bias, out], { ...params, activation: "none", negativeSlope: 0 });
  };
}

const CASES: readonly KernelCase[] = [
  {
    name: "conv 3->16, forward",
    workload: "conv1-forward",
    isBatched: true,
    work: convWork(3, 16),
    prepare: convForward(3, 16),
  },
  {
    name: "conv 16->32, forward",
    workload: "conv2-forward",
    isBatched: true,
    work: convWork(16, 32),
    prepare: convForward(16, 32),
  },
  {
    name: "conv 16->32, input gradient",
    workload: "conv2-input-grad",
    isBatched: true,
    work: convWork(16, 32),
    prepare(device, batch) {
      const params = conv(batch, 16, 32);
      const { x: gradX, weight, out: gradOut } = convOperands(device, params);
      return () => device.launch("conv2dInputGrad", [gradOut, weight, gradX], params);
    },
  },
  {
    name: "conv 16->32, weight gradient",
    workload: "conv2-weight-grad",
    isBatched: true,
    work: convWork(16, 32),
    prepare(device, batch) {
      const params = conv(batch, 16, 32);
      const { x, weight: gradWeight, out: gradOut } = convOperands(device, params);
      return () => device.launch("conv2dWeightGrad", [gradOut, x, gradWeight], params);
    },
  },
  {
    name: "max pool 2, 32 channels",
    workload: "pool",
    isBatched: true,
    // Values in; values and positions out, a quarter as many.
    work: (batch) => ({ bytes: 1.5 * batch * 32 * SIZE * SIZE * FLOAT_BYTES }),
    prepare(device, batch) {
      const x = randn([batch, 32, SIZE, SIZE], { device }).keep();
      const out = empty([batch, 32, HALF, HALF], { device }).keep();
      const indices = empty([batch, 32, HALF, HALF], { device, dtype: "int32" }).keep();
      const params = {
        ...{ planes: batch * 32, hIn: SIZE, wIn: SIZE, hOut: HALF, wOut: HALF, kH: 2, kW: 2 },
        ...{ strideH: 2, strideW: 2, padTop: 0, padLeft: 0, dilationH: 1, dilationW: 1 },
      };
      return () => device.launch("maxPool2d", [x, out, indices], params);
    },
  },
  {
    name: `dense ${FEATURES}x${HIDDEN}`,
    workload: "dense",
    isBatched: true,
    work: (batch) => ({ flops: 2 * batch * FEATURES * HIDDEN }),
    prepare: (device, batch) => product(device, { m: batch, n: HIDDEN, k: FEATURES, transposeB: true }),
  },
  {
    name: `matmul ${MATRIX}`,
    workload: "matmul",
    isBatched: false,
    work: () => ({ flops: 2 * MATRIX ** 3 }),
    prepare: (device) => product(device, { m: MATRIX, n: MATRIX, k: MATRIX, transposeB: false }),
  },
  {
    name: `add, ${ELEMENTS / 2 ** 20} Mi elements`,
    workload: "add",
    isBatched: false,
    work: () => ({ bytes: 3 * ELEMENTS * FLOAT_BYTES }),
    prepare(device) {
      const shape = [ELEMENTS];
      const [a, b] = [randn(shape, { device }).keep(), randn(shape, { device }).keep()];
      const out = empty(shape, { device }).keep();
      const strides = contiguousStrides(shape);
      const params = { op: "add", shape, aStrides: strides, bStrides: strides, alpha: 0, beta: 0 } as const;
      return () => device.launch("binary", [a, b, out], params);
    },
  },
  {
    name: `Adam, ${PARAMETERS.toLocaleString("en")} parameters`,
    workload: "adam",
    isBatched: false,
    // Parameter, gradient and two moments in; all but the gradient out.
    work: () => ({ bytes: 7 * PARAMETERS * FLOAT_BYTES }),
    prepare(device) {
      const make = () => randn([PARAMETERS], { device }).keep();
      const [parameter, gradient, m] = [make(), make(), make()];
      const v = make().square().keep();
      const constants = { lr: 1e-3, beta1: 0.9, beta2: 0.999, eps: 1e-8, weightDecay: 0, decoupled: false };
      let step = 0;
      return () => adamStep(parameter, gradient, m, v, { ...constants, step: ++step });
    },
  },
];

interface ProductSizes {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly transposeB: boolean;
}

/** One product of matrices, [m, k] by [k, n] or by a transposed [n, k], with a bias where that is a dense layer. */
function product(device: Device, { m, n, k, transposeB }: ProductSizes): () => void {
  const a = randn([m, k], { device }).keep();
  const b = randn(transposeB ? [n, k] : [k, n], { device }).keep();
  const bias = transposeB ? randn([n], { device }).keep() : null;
  const out = empty([m, n], { device }).keep();
  const params = {
    ...{ batch: 1, m, n, k, aBatchStride: 0, bBatchStride: 0, transposeA: false, transposeB },
    ...({ activation: "none", negativeSlope: 0 } as const),
  };
  return () => device.launch("matmul", [a, b, bias, out], params);
}

export const kernels: Suite = async (field) => {
  const rows: Row[] = [];
  for (const { name, workload, isBatched, work, prepare } of CASES) {
    const compared = await compete(
      "kernels",
      field,
      (bench) => {
        const { device, label, threads } = bench;
        if (device.name === "reference") return null;
        const batch = batchFor(bench, BATCH);
        const launch = prepare(device, batch);
        const counted = isBatched ? { batch, ...noteFor(bench, BATCH) } : { batch: null };
        const run = (count: number) => timeKernels(device, count, launch);
        return { name, device: label, threads, ...counted, ...work(batch), run };
      },
      (peer) => peer.subject(workload, isBatched ? BATCH : null, { name, ...work(BATCH) }),
    );
    rows.push(...compared);
  }
  return rows;
};
