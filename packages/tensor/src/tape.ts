/**
 * A tape: what one run of a step asked of its device, so that it can be had again.
 *
 * While a tape is on, the device sends it every alloc, write and launch. In the first run the tape records: it hands
 * out memory from a reserve, which stays its own, and keeps of each launch what the device made of it (a bind group
 * and a few words, say). Replaying is going through that list. From time to time the step runs once more from
 * JavaScript with the tape on, which then hands out the very same memory and compares: what differs from the recording
 * would have been frozen by a replay, and is refused by name.
 */

import type { Device, DeviceBuffer, Operand } from "./device.ts";
import { ArgumentError } from "./errors.ts";
import type { KernelName, Kernels } from "./kernels.ts";
import { Live } from "./recording.ts";

/** What a device does for a tape. */
export interface LaunchRecorder {
  /** Runs a launch as always, and gives what runs it again. What lies in between comes from `memory`. */
  record<K extends KernelName>(
    kernel: K,
    operands: Kernels[K]["operands"],
    params: Kernels[K]["params"] | Live<Kernels[K]["params"]>,
    memory: LaunchMemory,
  ): () => void;
  /** A second handle on the first bytes of a buffer. Freeing it calls `onFree`, and nothing else. */
  lend(buffer: DeviceBuffer, byteLength: number, onFree: () => void): DeviceBuffer;
  isFreed(buffer: DeviceBuffer): boolean;
}

/** Memory for results in between, which belongs to the recording. */
export interface LaunchMemory {
  take(byteLength: number): DeviceBuffer;
  /** For later launches to use. */
  put(buffer: DeviceBuffer): void;
  /** Memory that nothing else uses, so that it keeps what is written now from replay to replay. */
  own(byteLength: number): DeviceBuffer;
}

/** Memory that the recordings of one captured step share: they never run at the same time. */
export class Reserve {
  readonly #device: Device;
  readonly #recorder: LaunchRecorder;
  /** Every buffer, with the number of handles on it that the program holds. */
  readonly #loans = new Map<DeviceBuffer, number>();
  readonly #free = new Set<DeviceBuffer>();
  #disposed = false;

  constructor(device: Device, recorder: LaunchRecorder) {
    this.#device = device;
    this.#recorder = recorder;
  }

  /** Begins a recording: all memory may be used that holds nothing from one run to the next. */
  begin(): void {
    this.#free.clear();
    for (const [buffer, loans] of this.#loans) if (loans === 0) this.#free.add(buffer);
  }

  /** The smallest free buffer that is not more than twice as long, or a new one. */
  take(byteLength: number): DeviceBuffer {
    let best: DeviceBuffer | null = null;
    for (const buffer of this.#free) {
      const fits = buffer.byteLength >= byteLength && buffer.byteLength <= 2 * byteLength + 1024;
      if (fits && (best === null || buffer.byteLength < best.byteLength)) best = buffer;
    }
    if (best) {
      this.#free.delete(best);
      return best;
    }
    const buffer = this.#device.alloc(byteLength);
    this.#loans.set(buffer, 0);
    return buffer;
  }

  put(buffer: DeviceBuffer): void {
    this.#free.add(buffer);
  }

  /** A handle for the program on a buffer of the reserve. */
  lend(buffer: DeviceBuffer, byteLength: number, onFree: () => void): DeviceBuffer {
    this.#loans.set(buffer, this.#loans.get(buffer)! + 1);
    return this.#recorder.lend(buffer, byteLength, () => {
      const loans = this.#loans.get(buffer)! - 1;
      this.#loans.set(buffer, loans);
      if (this.#disposed && loans === 0) this.#giveBack(buffer);
      else onFree();
    });
  }

  #giveBack(buffer: DeviceBuffer): void {
    this.#loans.delete(buffer);
    if (!this.#device.disposed) this.#device.free(buffer);
  }

  /** Gives the memory back to the device; what the program still holds follows when the program lets it go. */
  dispose(): void {
    this.#disposed = true;
    for (const [buffer, loans] of [...this.#loans]) if (loans === 0) this.#giveBack(buffer);
  }
}

type Params = Readonly<Record<string, unknown>>;

interface Alloc {
  readonly call: "alloc";
  readonly byteLength: number;
  readonly buffer: DeviceBuffer;
}
interface Write {
  readonly call: "write";
  readonly buffer: DeviceBuffer;
  readonly byteOffset: number;
  readonly bytes: Uint8Array;
}
interface Launch {
  readonly call: "launch";
  readonly kernel: KernelName;
  readonly operands: readonly (Operand | null)[];
  readonly params: Params | Live<Params>;
  readonly repeat: () => void;
}
type Call = Alloc | Write | Launch;

export class Tape {
  readonly #device: Device;
  readonly #recorder: LaunchRecorder;
  readonly #reserve: Reserve;
  readonly #calls: Call[] = [];
  /** What a replay goes through. */
  readonly #repeats: (() => void)[] = [];
  /** Buffers that were there before. */
  readonly #external = new Set<DeviceBuffer>();
  /** Buffers whose contents a launch needs in every replay. */
  readonly #owned: DeviceBuffer[] = [];
  /** The handles that the program got in this run, and what is behind them. */
  readonly #lent = new Map<DeviceBuffer, DeviceBuffer>();
  readonly #memory: LaunchMemory = {
    take: (byteLength) => this.#reserve.take(byteLength),
    put: (buffer) => this.#reserve.put(buffer),
    own: (byteLength) => {
      const buffer = this.#device.alloc(byteLength);
      this.#owned.push(buffer);
      return buffer;
    },
  };
  #mode: "record" | "check" = "record";
  /** The number of calls that came in this run. */
  #position = 0;
  #launches = 0;
  #failure: Error | null = null;

  constructor(device: Device, recorder: LaunchRecorder, reserve: Reserve) {
    this.#device = device;
    this.#recorder = recorder;
    this.#reserve = reserve;
  }

  /** Whether the memory that the recording did not make itself is still there. */
  holds(): boolean {
    for (const buffer of this.#external) if (this.#recorder.isFreed(buffer)) return false;
    return true;
  }

  /** Runs `body` and records what it asks of the device. */
  record<T>(body: () => T): T {
    this.#reserve.begin();
    return this.#run("record", body);
  }

  /**
   * Runs `body` again, in the same memory.
   *
   * @throws ArgumentError where it asks for something else than it did
   */
  check<T>(body: () => T): T {
    const result = this.#run("check", body);
    if (this.#position < this.#calls.length) {
      throw changed(
        `the step ended after ${this.#position} calls of the device, expected ${this.#calls.length} as recorded`,
      );
    }
    return result;
  }

  replay(): void {
    for (const repeat of this.#repeats) repeat();
  }

  /** Ends this recording: another one may use its memory. */
  discard(): void {
    for (const buffer of this.#owned.splice(0)) if (!this.#device.disposed) this.#device.free(buffer);
  }

  /** Handles from this run that are still held. */
  *held(): Iterable<DeviceBuffer> {
    for (const handle of this.#lent.keys()) if (!this.#recorder.isFreed(handle)) yield handle;
  }

  #run<T>(mode: "record" | "check", body: () => T): T {
    this.#mode = mode;
    this.#position = 0;
    this.#launches = 0;
    this.#failure = null;
    this.#lent.clear();
    this.#device.tape = this;
    try {
      const result = body();
      if (this.#failure) throw this.#failure; // the step caught it
      return result;
    } finally {
      this.#device.tape = null;
    }
  }

  /** The device as it is without a tape. */
  #aside<T>(work: () => T): T {
    this.#device.tape = null;
    try {
      return work();
    } finally {
      this.#device.tape = this;
    }
  }

  // ---- what the device hands on ----

  alloc(byteLength: number): DeviceBuffer {
    const recording = this.#mode === "record";
    const buffer = recording ? this.#aside(() => this.#reserve.take(byteLength)) : this.#same(byteLength);
    if (recording) this.#calls.push({ call: "alloc", byteLength, buffer });
    this.#position++;
    const handle = this.#reserve.lend(buffer, byteLength, () => {
      if (this.#device.tape === this && this.#mode === "record") this.#reserve.put(buffer);
    });
    this.#lent.set(handle, buffer);
    return handle;
  }

  /** The memory that was handed out at this place when the step was recorded. */
  #same(byteLength: number): DeviceBuffer {
    const call = this.#calls[this.#position];
    if (call?.call === "alloc" && call.byteLength === byteLength) return call.buffer;
    throw this.#differs(`memory for ${byteLength} bytes`, call);
  }

  write(buffer: DeviceBuffer, byteOffset: number, data: ArrayBufferView): void {
    const target = this.#behind(buffer);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (this.#mode === "record") {
      const copy = bytes.slice();
      this.#calls.push({ call: "write", buffer: target, byteOffset, bytes: copy });
      this.#repeats.push(() => this.#device.write(target, byteOffset, copy));
    } else {
      const call = this.#calls[this.#position];
      if (call?.call !== "write" || call.buffer !== target || call.byteOffset !== byteOffset)
        throw this.#differs(`values from the host (${data.byteLength} bytes)`, call);
      if (call.bytes.length !== bytes.length || call.bytes.some((byte, i) => byte !== bytes[i])) {
        throw this.#fail(
          changed(
            `tensor() brings other values from the host than it did when the step was recorded (${bytes.length} bytes)`,
          ),
        );
      }
    }
    this.#position++;
    this.#aside(() => this.#device.write(target, byteOffset, bytes));
  }

  launch<K extends KernelName>(
    kernel: K,
    given: Kernels[K]["operands"],
    params: Kernels[K]["params"] | Live<Kernels[K]["params"]>,
  ): void {
    const operands = (given as readonly (Operand | null)[]).map(
      (operand) =>
        operand && {
          buffer: this.#behind(operand.buffer),
          offset: operand.offset,
          dtype: operand.dtype,
        },
    );
    if (this.#mode === "record") {
      const repeat = this.#aside(() =>
        this.#recorder.record(kernel, operands as unknown as Kernels[K]["operands"], params, this.#memory),
      );
      this.#calls.push({ call: "launch", kernel, operands, params: params as Params | Live<Params>, repeat });
      this.#repeats.push(repeat);
    } else {
      const call = this.#calls[this.#position];
      this.#compare(kernel, operands, params as Params | Live<Params>, call);
      this.#aside(call.repeat);
    }
    this.#position++;
    this.#launches++;
  }

  /** What is behind a handle of this run; all others are from outside. */
  #behind(buffer: DeviceBuffer): DeviceBuffer {
    const lent = this.#lent.get(buffer);
    if (!lent) this.#external.add(buffer);
    return lent ?? buffer;
  }

  #compare(
    kernel: KernelName,
    operands: readonly (Operand | null)[],
    params: Params | Live<Params>,
    call: Call | undefined,
  ): asserts call is Launch {
    if (call?.call !== "launch" || call.kernel !== kernel) throw this.#differs(kernel, call);
    const place = `${kernel} (launch ${this.#launches + 1} of the step)`;
    for (const [i, operand] of operands.entries()) {
      const before = call.operands[i];
      const same =
        operand?.buffer === before?.buffer &&
        operand?.offset === before?.offset &&
        operand?.dtype === before?.dtype;
      if (!same) throw this.#fail(changed(`${place} has another tensor as operand ${i + 1} than it had`));
    }
    if (params instanceof Live || call.params instanceof Live) {
      if (params instanceof Live && call.params instanceof Live) {
        this.#compareParams(place, params.fixed, call.params.fixed);
        call.params.value = params.value;
      } else throw this.#fail(changed(`${place} has live params in one run and fixed ones in another`));
      return;
    }
    this.#compareParams(place, params, call.params);
  }

  #compareParams(place: string, params: Params, before: Params): void {
    for (const name of Object.keys({ ...params, ...before })) {
      const [got, expected] = [params[name], before[name]];
      if (equal(got, expected)) continue;
      throw this.#fail(changed(`${place} got ${name} ${got}, expected ${expected} as recorded`));
    }
  }

  #differs(what: string, call: Call | undefined): Error {
    const expected =
      call === undefined
        ? "the end of the step"
        : call.call === "launch"
          ? call.kernel
          : call.call === "alloc"
            ? `memory for ${call.byteLength} bytes`
            : "values from the host";
    return this.#fail(
      changed(
        `the step asked for something else, got ${what} after ${this.#launches} launches, expected ${expected}`,
      ),
    );
  }

  #fail(error: Error): Error {
    this.#failure = error;
    return error;
  }
}

function changed(fact: string): ArgumentError {
  return new ArgumentError(
    `capture: the step has changed since it was recorded: ${fact}. ` +
      "Help: pass what changes as an input of the step, or compute it in live()",
  );
}

function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((x, i) => equal(x, b[i]));
  if (!isPlain(a) || !isPlain(b)) return false;
  return Object.keys({ ...a, ...b }).every((key) => equal(a[key], b[key]));
}

function isPlain(value: unknown): value is Params {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
