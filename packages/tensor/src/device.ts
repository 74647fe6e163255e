/**
 * The device: narrow, untyped, ordered.
 *
 * A device gives out memory and runs named kernels. It knows nothing of tensors, shape rules or gradients; the ops
 * check everything before they launch.
 *
 * Time: write, launch, free and read take effect in the order in which they were called. Only `read` and `sync` wait.
 *
 * Failure: what fails later (validation, out of memory, a lost GPU) sticks to the device, and its next call throws it
 * once as a `DeviceError` that names the kernel. When a device is lost, every pending read rejects.
 *
 * Memory: a kernel is given whole buffers, and element offsets beside them. No output shares storage with an input,
 * save where the kernel is declared in-place. The contents of a new buffer are undefined.
 */

import type { DType } from "./dtype.ts";
import type { KernelName, Kernels } from "./kernels.ts";
import type { LaunchLog } from "./profile.ts";
import type { Live } from "./recording.ts";
import type { LaunchRecorder, Tape } from "./tape.ts";

export type DeviceName = "reference" | "cpu" | "webgpu";

/** Memory on a device, which only that device can look into. */
export interface DeviceBuffer {
  /** The bytes that were asked for; what the device holds for it may be more. */
  readonly byteLength: number;
}

/** What a kernel is given for each of its inputs and outputs. A Tensor is one. */
export interface Operand {
  readonly buffer: DeviceBuffer;
  /** Where the first element lies, in elements. */
  readonly offset: number;
  readonly dtype: DType;
}

export interface DeviceStats {
  /** Buffers that were given out and not freed. */
  readonly liveBuffers: number;
  readonly liveBytes: number;
  /** Freed buffers that are kept for reuse. */
  readonly pooledBuffers: number;
  readonly pooledBytes: number;
  /** Kernels launched since the device was opened. */
  readonly launches: number;
  /** Batches handed to a GPU's queue; 0 on devices that have none. */
  readonly submits: number;
}

export interface Device {
  readonly name: DeviceName;
  /** For people: what this device is, as in `cpu (WebAssembly SIMD, 2 threads)`. */
  readonly description: string;
  /**
   * The largest buffer to ask for, and so the most data that should lie here at once: what a kernel can bind on a GPU,
   * half of what WebAssembly can address, Infinity where only the machine's memory is a limit.
   */
  readonly maxBufferBytes: number;
  /** Whether this device takes tensors of the given element type. */
  supports(dtype: DType): boolean;

  alloc(byteLength: number): DeviceBuffer;
  /** Never throws a failure of earlier work: scopes and finalizers call it, and must come to their end. */
  free(buffer: DeviceBuffer): void;
  /** Copies host data into a buffer. The array may be reused as soon as this returns. */
  write(buffer: DeviceBuffer, byteOffset: number, data: ArrayBufferView): void;
  /** Waits for all that came before, then copies out of a buffer. */
  read(buffer: DeviceBuffer, byteOffset: number, byteLength: number): Promise<ArrayBuffer>;
  /** Runs a kernel. Params that are `live` are computed anew when a captured step is replayed. */
  launch<K extends KernelName>(
    kernel: K,
    operands: Kernels[K]["operands"],
    params: Kernels[K]["params"] | Live<Kernels[K]["params"]>,
  ): void;

  /** How launches are kept for replays; null on a device that gains nothing by it, where captured steps just run. */
  readonly recorder: LaunchRecorder | null;
  /** Where alloc, write and launch go while it is set: see `capture`. */
  tape: Tape | null;

  /**
   * Times every launch from now on, replayed ones as well, and adds the times to what `log` gives for each. Gives what
   * ends this; its promise is there when the last time is in. See `startProfile`.
   *
   * @throws DeviceError where the device has no clock
   */
  timeLaunches(log: LaunchLog): () => Promise<void>;

  /** Starts the work that is still held back for batching. */
  flush(): void;
  /** Waits until all work is done, and throws what failed meanwhile. */
  sync(): Promise<void>;
  /** Prepares kernels ahead of their first launch, all together; without names, every kernel there is. */
  warmup(kernels?: readonly KernelName[]): Promise<void>;
  stats(): DeviceStats;
  /** True once `dispose` was called. */
  readonly disposed: boolean;
  /** Gives back all memory, threads and handles. Later calls throw a `DisposedError`. */
  dispose(): void;
}
