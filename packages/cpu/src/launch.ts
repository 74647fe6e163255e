/**
 * What a kernel's host side is written in.
 *
 * A WebAssembly kernel reads its arguments from one block of words. Its host side, a function in `kernels/`, writes
 * that block word by word, asks for scratch and temporary memory, and runs the kernel's phases one after the other,
 * each cut into chunks. How it cuts depends on shapes alone, so results never depend on the number of threads.
 */

import {
  bytesPerElement,
  type DType,
  DTypeError,
  internal,
  type KernelName,
  type Kernels,
  type Operand,
  type TypedArray,
  viewAs,
} from "@mien/tensor";
import { CpuBuffer } from "./buffer.ts";
import { ARGUMENTS_ADDRESS, ARGUMENTS_WORDS, CONTROL_ADDRESS, CONTROL_WORDS, Word } from "./control.ts";
import type { Heap } from "./memory.ts";
import type { Threads } from "./threads.ts";

/** The host side of kernel `K`. */
export type HostKernel<K extends KernelName> = (
  launch: Launch,
  operands: Kernels[K]["operands"],
  params: Kernels[K]["params"],
) => void;

/** How the WebAssembly module numbers element types. */
const elementCodes: Readonly<Record<Exclude<DType, "float64">, number>> = {
  float32: 0,
  int32: 1,
  bool: 2,
  uint8: 3,
};

/** Enough for the tiles of elementwise kernels and reductions, which ask for nothing. */
const LEAST_SCRATCH = 16384;

/** One phase of a launch: a function of the module, the number of its chunks, and the argument block. */
export interface Phase {
  readonly name: WasmKernel;
  readonly chunks: number;
  readonly words: Int32Array;
}

/** Where the phases of a launch are kept, and memory that lasts as long as they do. */
export interface LaunchRecording {
  /** Set when the host side itself computed, and has to do so again. */
  ranOnHost: boolean;
  readonly phases: Phase[];
  temporary(byteLength: number): Temporary;
  /** The address of memory that nothing else writes to. */
  table(byteLength: number): number;
}

interface Temporary {
  readonly address: number;
  free(): void;
}

export class Launch {
  readonly #heap: Heap;
  readonly #threads: Threads;
  readonly #control: Int32Array;
  readonly #words: Int32Array;
  readonly #floats: Float32Array;
  readonly #temporaries: Temporary[] = [];
  #kernel: KernelName = "fill";
  #recording: LaunchRecording | null = null;
  #cursor = 0;
  #scratchAddress = 0;
  #scratchBytes = 0;

  constructor(heap: Heap, threads: Threads) {
    this.#heap = heap;
    this.#threads = threads;
    const { buffer } = heap.memory;
    this.#control = new Int32Array(buffer, CONTROL_ADDRESS, CONTROL_WORDS);
    this.#words = new Int32Array(buffer, ARGUMENTS_ADDRESS, ARGUMENTS_WORDS);
    this.#floats = new Float32Array(buffer, ARGUMENTS_ADDRESS, ARGUMENTS_WORDS);
    this.scratch(LEAST_SCRATCH);
  }

  /** Begins the launch of `kernel`: the argument block is empty again. */
  begin(kernel: KernelName, recording: LaunchRecording | null = this.#recording): void {
    this.#kernel = kernel;
    this.#recording = recording;
    this.#cursor = 0;
  }

  /** Gives back what `temporary` gave. */
  end(): void {
    this.#recording = null;
    for (const temporary of this.#temporaries) temporary.free();
    this.#temporaries.length = 0;
  }

  /** Appends integers (or addresses) to the argument block. */
  ints(...values: readonly number[]): void {
    for (const value of values) this.#words[this.#cursor++] = value;
  }

  int(value: number): void {
    this.#words[this.#cursor++] = value;
  }

  float(value: number): void {
    this.#floats[this.#cursor++] = value;
  }

  /** Appends the address of an operand's first element; 0 for an operand that is absent. */
  pointer(operand: Operand | null): void {
    this.int(operand === null ? 0 : this.addressOf(operand));
  }

  /** @throws DTypeError where a kernel that computes in float32 is given something else. */
  floats(...operands: readonly (Operand | null)[]): void {
    for (const operand of operands) {
      if (operand !== null) this.expect(operand, "float32");
      this.pointer(operand);
    }
  }

  expect(operand: Operand, ...dtypes: readonly DType[]): void {
    if (dtypes.includes(operand.dtype)) return;
    throw new DTypeError(
      `${this.#kernel}: got ${operand.dtype}, expected ${dtypes.join(" or ")} on the cpu device`,
    );
  }

  addressOf({ buffer, offset, dtype }: Operand): number {
    if (!(buffer instanceof CpuBuffer) || buffer.heap !== this.#heap) {
      throw internal(`${this.#kernel}: this buffer was freed, or belongs to another device`);
    }
    return buffer.address + offset * bytesPerElement[dtype];
  }

  /** The first `count` elements of an operand, as the host sees them. */
  arrayOf(operand: Operand, count: number): TypedArray {
    this.elementCode(operand); // refuses float64
    if (this.#recording) this.#recording.ranOnHost = true;
    return viewAs(operand.dtype, this.#heap.memory.buffer, this.addressOf(operand), count);
  }

  elementCode({ dtype }: Operand): number {
    if (dtype !== "float64") return elementCodes[dtype];
    throw new DTypeError(
      `${this.#kernel}: got float64, expected float32, int32, bool or uint8. Help: only the reference device computes in float64`,
    );
  }

  /** Memory for the duration of this launch, with undefined contents. */
  temporary(byteLength: number): number {
    const temporary = this.#recording?.temporary(byteLength) ?? this.#take(byteLength);
    this.#temporaries.push(temporary);
    return temporary.address;
  }

  /** The same as an operand of float32, for a kernel whose result is between this launch's phases. */
  temporaryFloats(count: number): Operand {
    const of = { address: this.temporary(4 * count) };
    const buffer = new CpuBuffer(this.#heap, 4 * count, { of, onFree: () => {} });
    return { buffer, offset: 0, dtype: "float32" };
  }

  #take(byteLength: number): Temporary {
    const heap = this.#heap;
    const address = heap.alloc(byteLength);
    return { address, free: () => heap.free(address, byteLength) };
  }

  /** Writes words to memory that lasts for this launch, and for its repetitions. */
  table(values: readonly number[]): number {
    const byteLength = values.length * 4;
    const address = this.#recording?.table(byteLength) ?? this.temporary(byteLength);
    this.#heap.words.set(values, address / 4);
    return address;
  }

  /** Makes sure that every thread has at least this much scratch memory. */
  scratch(byteLength: number): void {
    if (byteLength <= this.#scratchBytes) return;
    // An odd number of cache lines, so that the threads' scratches do not compete for the same places in a cache.
    const size = Math.ceil(byteLength / 4096) * 4096 + 64;
    const threads = this.#threads.limit;
    const address = this.#heap.alloc(size * threads);
    if (this.#scratchBytes > 0) this.#heap.free(this.#scratchAddress, this.#scratchBytes * threads);
    this.#scratchAddress = address;
    this.#scratchBytes = size;
    this.#control[Word.scratchBase] = address;
    this.#control[Word.scratchSize] = size;
  }

  /** Runs `chunks` chunks of a function of the WebAssembly module. */
  run(name: WasmKernel, chunks: number): void {
    this.#recording?.phases.push({ name, chunks, words: this.#words.slice(0, this.#cursor) });
    this.#threads.run(name, chunks);
  }

  /** Runs a phase that was recorded. */
  repeat({ name, chunks, words }: Phase): void {
    this.#words.set(words);
    this.#threads.run(name, chunks);
  }
}

/** The functions of the WebAssembly module that compute. */
export type WasmKernel =
  | "accumulate"
  | "activationGrad"
  | "activationGradMerge"
  | "adagrad"
  | "adam"
  | "argsort"
  | "augment"
  | "binary"
  | "channelSums"
  | "channelSumsMerge"
  | "conv2d"
  | "conv2dDepthwise"
  | "conv2dDepthwiseWeightGrad"
  | "conv2dDepthwiseWeightGradMerge"
  | "conv2dPack"
  | "conv2dPointwise"
  | "conv2dWeightGrad"
  | "conv2dWeightGradMerge"
  | "conv2dWeightGradOffsets"
  | "conv2dWinograd"
  | "copy"
  | "crossEntropy"
  | "crossEntropyGrad"
  | "crossEntropySummary"
  | "cumsum"
  | "dropout"
  | "fill"
  | "gather"
  | "gatherSteps"
  | "gridSample"
  | "gridSampleGridGrad"
  | "gridSampleInputGrad"
  | "matmul"
  | "matmulMerge"
  | "maxPool2d"
  | "maxPool2dGrad"
  | "movingAverage"
  | "normalize"
  | "normalizeGrad"
  | "pointwiseWeightGrad"
  | "pointwiseWeightGradMerge"
  | "reduceColumns"
  | "reduceMerge"
  | "reduceRows"
  | "resample2d"
  | "rmsprop"
  | "runningStats"
  | "scatterAdd"
  | "sgd"
  | "softmax"
  | "softmaxGrad"
  | "spreadSteps"
  | "unary"
  | "uniform"
  | "where"
  | "winogradGradPlace"
  | "winogradGradTiles"
  | "winogradWeightGrad"
  | "winogradWeightGradSum"
  | "winogradWeightGradTaps"
  | "winogradWeights";
