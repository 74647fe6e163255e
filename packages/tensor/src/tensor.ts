/**
 * The tensor: a typed, shaped window on a storage, with a place in the graph.
 *
 * The class itself is small: memory, metadata and gradients. What tensors compute stands in `ops/`, one file per
 * family, as plain functions; `methods.ts` makes methods of them, so that `x.add(y)` is `add(x, y)`.
 */

import { type BackwardOptions, type GraphNode, backward as runBackward } from "./autograd.ts";
import { onesLike, tensor, zerosLike } from "./create.ts";
import type { Device, DeviceBuffer, Operand } from "./device.ts";
import { bytesPerElement, type DType, type TypedArray, viewAs } from "./dtype.ts";
import { DisposedError, GradError, ShapeError } from "./errors.ts";
import { type Claim, disown, keep, Owned, own, relievePressure, scope } from "./memory.ts";
import type { Methods } from "./methods.ts";
import { checkDifferentiable } from "./ops/check.ts";
import { cast, contiguous, overwrite } from "./ops/copy.ts";
import { repeat } from "./ops/rearrange.ts";
import { expand, permute, reshape } from "./ops/view.ts";
import {
  noteGradRead,
  noteGradWritten,
  noteRequiresGrad,
  refuseRead,
  structureChanged,
} from "./recording.ts";
import { isContiguous, numel, type Shape, show } from "./shape.ts";
import type { Storage } from "./storage.ts";

/** What the finalizer of a forgotten tensor frees: one reference to its storage. */
class Reference implements Claim {
  storage: Storage;
  readonly bytes: number;
  constructor(storage: Storage) {
    this.storage = storage;
    this.bytes = storage.buffer.byteLength;
  }
  release(): void {
    this.storage.release();
  }
}

export interface Tensor extends Methods {}

/** Numbers of one type in a shape, on a device. https://pytorch.org/docs/stable/tensors.html */
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: methods.ts defines every member of the interface.
export class Tensor extends Owned implements Operand {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Elements between neighbours, per dimension. */
  readonly strides: readonly number[];
  /** The number of elements. */
  readonly numel: number;
  #reference: Reference | null;
  #offset: number;
  #requiresGrad = false;
  #node: GraphNode | null = null;
  #grad: Tensor | null = null;

  /** Where the first gradient of this leaf is to be written: a slice of an optimizer's flat buffer. */
  gradSlot: Tensor | null = null;

  /**
   * A handle that takes over one reference to `storage`. For makers of ops; programs use `tensor`, `zeros` and so on.
   */
  constructor(storage: Storage, dtype: DType, shape: Shape, strides: readonly number[], offset: number) {
    super();
    this.dtype = dtype;
    this.shape = shape;
    this.strides = strides;
    this.numel = numel(shape);
    this.#offset = offset;
    this.#reference = new Reference(storage);
    own(this, this.#reference);
  }

  /** The memory this tensor looks into. Throws a DisposedError once the tensor was disposed. */
  get storage(): Storage {
    if (!this.#reference) {
      throw new DisposedError(
        `tensor: used after it was disposed, got a tensor of shape ${show(this.shape)}. ` +
          "Help: return it from the scope() that made it, or keep() it",
      );
    }
    return this.#reference.storage;
  }

  get buffer(): DeviceBuffer {
    return this.storage.buffer;
  }

  get device(): Device {
    return this.storage.device;
  }

  /** Where the first element lies in the storage, in elements. */
  get offset(): number {
    return this.#offset;
  }

  /** The number of dimensions. */
  get ndim(): number {
    return this.shape.length;
  }

  isContiguous(): boolean {
    return isContiguous(this.shape, this.strides);
  }

  // ---- memory ----

  override get disposed(): boolean {
    return this.#reference === null;
  }

  /** Frees this handle; its memory goes when no view and no graph holds it any more. */
  override dispose(): void {
    const reference = this.#reference;
    if (!reference) return;
    this.#reference = null;
    this.#node = null;
    disown(this, reference);
    reference.release();
    this.#grad?.dispose();
    this.#grad = null;
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  override *keeps(): Iterable<Owned> {
    if (this.#node) yield this.#node;
    if (this.#grad) yield this.#grad;
  }

  /** Takes this tensor out of the scopes around it, and returns it. */
  keep(): this {
    return keep(this);
  }

  /** A second handle on the same values, outside of the graph. */
  alias(): Tensor {
    return new Tensor(this.storage.retain(), this.dtype, this.shape, this.strides, this.#offset);
  }

  /**
   * Moves this handle to other memory, which must hold the same values contiguously already. Optimizers use it to
   * gather their parameters in one flat buffer.
   */
  moveTo(storage: Storage, offset: number): void {
    if (!this.isContiguous())
      throw new ShapeError(`moveTo: expected a contiguous tensor, got strides ${show(this.strides)}`);
    const before = this.storage;
    const reference = this.#reference!;
    reference.storage = storage.retain();
    this.#offset = offset;
    before.release();
    structureChanged();
  }

  // ---- values ----

  /** Copies the values to the host, in row-major order. Waits for the device. */
  async data(): Promise<TypedArray> {
    if (refuseRead()) return new Promise(() => {}); // capture() throws as soon as the step ends
    const { dtype, numel: count } = this;
    // Kernels read bytes but never write them, so a strided view of bytes travels as int32.
    const as = dtype === "uint8" && !this.isContiguous() ? "int32" : dtype;
    const size = bytesPerElement[as];
    let pending: Promise<ArrayBuffer> | undefined;
    scope(() => {
      const { device, buffer, offset } = contiguous(cast(this.alias(), as));
      pending = device.read(buffer, offset * size, count * size); // in order: the copy may be freed at once
    });
    const values = viewAs(as, await pending!, 0, count);
    await relievePressure();
    return as === dtype ? values : Uint8Array.from(values);
  }

  /** The value of a tensor of one element. Waits for the device. */
  async item(): Promise<number> {
    if (this.numel !== 1) {
      throw new ShapeError(
        `item: expected a tensor of one element, got shape ${show(this.shape)}. Help: use data()`,
      );
    }
    return (await this.data())[0]!;
  }

  override toString(): string {
    const where = this.disposed ? "disposed" : this.device.name;
    return `Tensor(${show(this.shape)}, ${this.dtype}, ${where}${this.#requiresGrad ? ", requiresGrad" : ""})`;
  }

  // ---- gradients ----

  /** The accumulated gradient of a leaf, after `backward()`. */
  get grad(): Tensor | null {
    noteGradRead(this, this.#grad);
    return this.#grad;
  }

  set grad(grad: Tensor | null) {
    noteGradWritten(this);
    this.#grad = grad;
  }

  get requiresGrad(): boolean {
    if (!this.#node) noteRequiresGrad(this, this.#requiresGrad);
    return this.#requiresGrad;
  }

  set requiresGrad(wanted: boolean) {
    if (this.#node) {
      throw new GradError(
        "requiresGrad: got the result of an operation, expected a leaf. Help: use detach()",
      );
    }
    if (wanted) checkDifferentiable(this.dtype);
    this.#requiresGrad = wanted;
  }

  /** The operation that made this tensor, or null for a leaf. */
  get node(): GraphNode | null {
    return this.#node;
  }

  get isLeaf(): boolean {
    return this.#node === null;
  }

  /** Makes this tensor the output of a recorded operation. For the engine. */
  setNode(node: GraphNode): void {
    this.#node = node;
    this.#requiresGrad = true;
  }

  /**
   * Adds the gradients of this tensor to the `grad` of the leaves it was computed from, and releases the graph.
   *
   * @param gradient of this tensor's shape; may be left out for one element, and is then 1.
   */
  backward(gradient?: Tensor, options: BackwardOptions = {}): void {
    runBackward(this, gradient, options);
  }

  /** The same values outside of the graph. */
  detach(): Tensor {
    return this.alias();
  }

  /** Forgets the accumulated gradient. */
  zeroGrad(): void {
    if (this.#grad !== this.gradSlot) this.#grad?.dispose();
    this.grad = null;
  }

  // ---- in place, for use in noGrad and on tensors that need no gradient ----

  /** Overwrites the values with those of `source` (broadcast to this shape, converted to this type). */
  copy_(source: Tensor | TypedArray | readonly number[]): this {
    if (source instanceof Tensor) overwrite(this, source);
    else {
      using host = tensor(source, { device: this.device, dtype: this.dtype, shape: this.shape });
      overwrite(this, host);
    }
    return this;
  }

  onesLike(): Tensor {
    return onesLike(this);
  }
  zerosLike(): Tensor {
    return zerosLike(this);
  }

  // ---- operations whose arguments differ from those of the function; all others come from methods.ts ----

  to(dtype: DType): Tensor {
    return cast(this, dtype);
  }
  reshape(...shape: number[] | [Shape]): Tensor {
    return reshape(this, listOf(shape));
  }
  permute(...dims: number[] | [readonly number[]]): Tensor {
    return permute(this, listOf(dims));
  }
  expand(...shape: number[] | [Shape]): Tensor {
    return expand(this, listOf(shape));
  }
  repeat(...sizes: number[] | [readonly number[]]): Tensor {
    return repeat(this, listOf(sizes));
  }
}

/** Sizes given as arguments or as one array. */
function listOf(args: number[] | [readonly number[]]): readonly number[] {
  return typeof args[0] === "object" ? args[0] : (args as number[]);
}
