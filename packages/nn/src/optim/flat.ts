/**
 * Parameters in one piece of memory.
 *
 * A network has dozens of parameters, most of them small, and a launch costs about as much as updating ten thousand
 * numbers. So an optimizer lays the parameters of a group one behind the other in one flat buffer, and their gradients
 * and running averages in others of the same layout; the parameters become views, and `backward()` writes gradients
 * straight to their slots. A step is then one launch for each *run*: neighbours that all have a gradient in place and
 * took as many steps. With every gradient there the group is one run; a frozen layer splits it; a parameter that lives
 * elsewhere by now (a second optimizer took it) is a run of its own. The numbers are the same in any case.
 */

import {
  contiguous,
  full,
  noGrad,
  onEachRun,
  ShapeError,
  sameShape,
  scope,
  show,
  type Tensor,
  watch,
} from "@mien/tensor";

/** Slots begin at multiples of this many elements: 256 bytes of float32, to which GPUs align bindings. */
const SLOT_ELEMENTS = 64;

/** Where tensors lie in a flat buffer, and how long that is. */
export function layOut(tensors: readonly Tensor[]): { offsets: number[]; length: number } {
  let length = 0;
  const offsets = tensors.map(({ numel }) => {
    const offset = length;
    length += Math.ceil(numel / SLOT_ELEMENTS) * SLOT_ELEMENTS;
    return offset;
  });
  return { offsets, length };
}

/** What one launch updates: tensors of one shape and type, contiguous. */
export interface ParamRun {
  readonly param: Tensor;
  readonly grad: Tensor;
  /** What is remembered of the parameters, by name. */
  readonly state: Readonly<Record<string, Tensor>>;
  /** Which step this is for these parameters, from 1. In a captured step it counts on, so read it in `live()`. */
  readonly step: number;
}

/** One thing that is remembered: all of it, and each parameter's share in its shape. */
interface Remembered {
  readonly flat: Tensor;
  readonly slots: readonly Tensor[];
}

export class FlatParameters {
  readonly params: readonly Tensor[];
  /** The steps that each parameter took. */
  readonly steps: number[];
  /** Where each slot begins. */
  readonly #offsets: readonly number[];
  /** Of the flat tensors. */
  readonly #length: number;
  readonly #gradSlots: readonly Tensor[];
  readonly #values: Tensor;
  readonly #grads: Tensor;
  readonly #states = new Map<string, Remembered>();

  /** @param params leaves of one device and type, contiguous */
  constructor(params: readonly Tensor[]) {
    const { offsets, length } = layOut(params);
    this.#offsets = offsets;
    this.#length = length;
    this.params = params;
    this.steps = params.map(() => 0);
    this.#values = this.#flat(0);
    this.#grads = this.#flat(0);
    this.#gradSlots = params.map((_, p) => this.#slot(this.#grads, p));
    noGrad(() => {
      for (const p of params.keys()) this.#settle(p);
    });
  }

  /** Memory for one number per parameter, each `value` at first. */
  #flat(value: number): Tensor {
    const { device, dtype } = this.params[0]!;
    return full([this.#length], value, { device, dtype }).keep();
  }

  /** Makes room for what an optimizer remembers, unless there is: names, and the values with which they start. */
  remember(starts: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(starts)) {
      if (this.#states.has(name)) continue;
      const flat = this.#flat(value);
      this.#states.set(name, { flat, slots: this.params.map((_, p) => this.#slot(flat, p)) });
    }
  }

  /** What is remembered of parameter `p` under `name`, in its shape. */
  remembered(name: string, p: number): Tensor {
    return this.#states.get(name)!.slots[p]!;
  }

  /** All that is remembered, each as the tensor that `pick` makes or finds. */
  #stateAs(pick: (state: Remembered) => Tensor): Record<string, Tensor> {
    return Object.fromEntries(Array.from(this.#states, ([name, state]) => [name, pick(state)]));
  }

  /** The place of parameter `p` in a flat tensor, in its shape. */
  #slot(flat: Tensor, p: number): Tensor {
    const { numel, shape } = this.params[p]!;
    const start = this.#offsets[p]!;
    return scope(() =>
      flat
        .slice(0, start, start + numel)
        .reshape(shape)
        .keep(),
    );
  }

  /** Moves a parameter into its slot, and its gradient too if it has one. */
  #settle(p: number): void {
    const param = this.params[p]!;
    const gradSlot = this.#gradSlots[p]!;
    const slot = this.#slot(this.#values, p);
    slot.copy_(param);
    param.moveTo(slot.storage, slot.offset);
    slot.dispose();
    const { grad } = param;
    if (grad) gradSlot.copy_(grad);
    param.zeroGrad(); // before the new slot is known: the gradient may lie in that of another optimizer
    param.gradSlot = gradSlot;
    if (grad) param.grad = gradSlot;
  }

  /** Whether a parameter and its gradient lie where this optimizer put them. */
  #atHome(p: number): boolean {
    const param = this.params[p]!;
    return (
      param.grad === this.#gradSlots[p] &&
      param.storage === this.#values.storage &&
      param.offset === this.#values.offset + this.#offsets[p]!
    );
  }

  /** What is to be updated, in as few pieces as possible. Each counts as a step once it was taken. */
  *runs(): Generator<ParamRun> {
    const { params, steps } = this;
    for (let p = 0; p < params.length; ) {
      let end = p + 1;
      const taken = steps[p]!;
      if (params[p]!.grad) {
        const home = this.#atHome(p);
        while (home && end < params.length && steps[end] === taken && this.#atHome(end)) end++;
        const [from, to] = [p, end];
        const step = () => steps[from]! + 1;
        yield {
          ...(home ? this.#stretch(from, to) : this.#stray(from)),
          get step() {
            return watch(step);
          },
        };
        onEachRun(() => steps.fill(step(), from, to));
      }
      p = end;
    }
  }

  /** Parameters from `p` up to, not including, `end`, as flat tensors. */
  #stretch(p: number, end: number): Omit<ParamRun, "step"> {
    const from = this.#offsets[p]!;
    const to = this.#offsets[end - 1]! + this.params[end - 1]!.numel;
    const cut = (flat: Tensor) => flat.slice(0, from, to);
    return {
      param: cut(this.#values),
      grad: cut(this.#grads),
      state: this.#stateAs(({ flat }) => cut(flat)),
    };
  }

  /** A parameter alone, wherever it and its gradient are. */
  #stray(p: number): Omit<ParamRun, "step"> {
    const param = this.params[p]!;
    const grad = param.grad!;
    if (!sameShape(grad.shape, param.shape) || grad.dtype !== param.dtype) {
      throw new ShapeError(
        `step: a gradient does not fit its parameter, got ${grad.dtype} ${show(grad.shape)}, ` +
          `expected ${param.dtype} ${show(param.shape)}`,
      );
    }
    return { param, grad: contiguous(grad), state: this.#stateAs(({ slots }) => slots[p]!) };
  }

  /** Frees all but the parameters, which keep their values and gradients. */
  dispose(): void {
    for (const [p, param] of this.params.entries()) {
      const slot = this.#gradSlots[p]!;
      if (param.gradSlot === slot) param.gradSlot = null;
      if (param.grad !== slot) slot.dispose(); // else it is the parameter's own from now on
    }
    for (const { flat, slots } of this.#states.values())
      for (const state of [flat, ...slots]) state.dispose();
    for (const flat of [this.#values, this.#grads]) flat.dispose();
  }
}
