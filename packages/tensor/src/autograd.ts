/**
 * Reverse-mode automatic differentiation: the graph and the one walk over it.
 *
 * Each differentiable operation leaves a node that knows its inputs, the values it saved, and one rule per input
 * (how the gradient of the output becomes the gradient of that input). `backward` visits the nodes so that a node
 * comes only when all that used its output have been visited, and adds up what arrives. The last two parts wait, for a
 * rule that can add them as it reads saves a launch and two walks through memory. This file alone walks the graph,
 * undoes broadcasting, and accumulates; rules return plain gradients. A rule runs only if its input wants a gradient,
 * so the first convolution never computes one for the images.
 */

import { isFloat } from "./dtype.ts";
import { DTypeError, GradError, internal, ShapeError } from "./errors.ts";
import { isGradEnabled, noGrad } from "./grad-mode.ts";
import { type Claim, disown, keep, Owned, own, scope } from "./memory.ts";
import { add } from "./ops/binary.ts";
import { checkSameDevice } from "./ops/check.ts";
import { accumulate, contiguous, copyInto } from "./ops/copy.ts";
import { sumTo } from "./ops/reduce.ts";
import { type Shape, sameShape, show } from "./shape.ts";
import type { Storage } from "./storage.ts";
import { Tensor } from "./tensor.ts";

/**
 * Computes the gradient of one input: a tensor that no other rule returns, or the output's gradient or a view of it.
 * It may write into `into`, a contiguous tensor of the input's shape, and return that.
 */
export type GradRule = (into?: Tensor) => Tensor;

/** What the rules of an op may use. */
export interface GradContext<Params> {
  /** The gradient of the output. */
  readonly grad: Tensor;
  /** The same, or two parts that it is the sum of, for a rule that adds while it reads. `grad` makes them one. */
  readonly gradParts: readonly [Tensor, Tensor | null];
  /** Whether that gradient is a single 1, as that of a loss is: then a rule need not ask for the tensor. */
  readonly gradIsOne: boolean;
  readonly params: Params;
  /** Input `i`, if the op saves it. Throws a GradError if it was written to since. */
  input(i: number): Tensor;
  /** The output, if the op saves it. */
  output(): Tensor;
  /** The `i`-th tensor that `forward` handed to `save`. */
  extra(i: number): Tensor;
}

/** A differentiable operation on tensors: the record that stands in `ops/`. */
export interface Op<Inputs extends readonly (Tensor | null)[], Params> {
  readonly name: string;
  /**
   * The output, a new handle, from inputs that were checked already. Nothing in here is recorded, and temporaries are
   * freed. What is neither input nor output but needed by a rule goes to `save`.
   */
  forward(inputs: Inputs, params: Params, save: (extra: Tensor) => void): Tensor;
  /** What the rules need again: inputs by index, and whether the output. */
  readonly saves?: { readonly inputs?: readonly number[]; readonly output?: boolean };
  /** One rule per input, in order; null for an input that never has a gradient. */
  gradients(context: GradContext<Params>): readonly (GradRule | null)[];
}

/** Runs an op and, if one of its inputs wants a gradient and its output can have one, records it. */
export function apply<Inputs extends readonly (Tensor | null)[], Params>(
  op: Op<Inputs, Params>,
  inputs: Inputs,
  params: Params,
): Tensor {
  const recorded = isGradEnabled() && inputs.some((input) => input?.requiresGrad);
  return scope(() => {
    const extras: Tensor[] = [];
    const out = noGrad(() => op.forward(inputs, params, (extra) => extras.push(extra)));
    if (recorded && isFloat(out.dtype))
      out.setNode(new GraphNode(op as unknown as AnyOp, inputs, params, out, extras));
    return out;
  });
}

/** An op whose inputs and parameters the engine does not look into. */
type AnyOp = Op<readonly (Tensor | null)[], unknown>;

/** A saved value: the memory, how it was seen, and the version it had. */
class Saved implements Claim {
  readonly #storage: Storage;
  readonly #version: number;
  readonly #view: { shape: Shape; strides: readonly number[]; offset: number; dtype: Tensor["dtype"] };
  readonly bytes: number;

  constructor(tensor: Tensor) {
    this.#storage = tensor.storage.retain();
    this.#version = this.#storage.version;
    this.#view = { shape: tensor.shape, strides: tensor.strides, offset: tensor.offset, dtype: tensor.dtype };
    this.bytes = this.#storage.buffer.byteLength;
  }

  unpack(op: string, what: string): Tensor {
    if (this.#storage.version !== this.#version) {
      throw new GradError(
        `${op}: ${what} was written to after it had been saved for backward, ` +
          `got version ${this.#storage.version}, expected ${this.#version}. ` +
          "Help: call backward() before the in-place write (such as optimizer.step()), or clone() first",
      );
    }
    const { shape, strides, offset, dtype } = this.#view;
    return new Tensor(this.#storage.retain(), dtype, shape, strides, offset);
  }

  release(): void {
    this.#storage.release();
  }
}

/** All saved values of one node, as one claim for its finalizer. */
class SavedValues implements Claim {
  readonly inputs: readonly (Saved | null)[];
  readonly output: Saved | null;
  readonly extras: readonly Saved[];
  readonly bytes: number;

  constructor(op: AnyOp, inputs: readonly (Tensor | null)[], output: Tensor, extras: readonly Tensor[]) {
    this.inputs = inputs.map((input, i) =>
      input && op.saves?.inputs?.includes(i) ? new Saved(input) : null,
    );
    this.output = op.saves?.output ? new Saved(output) : null;
    this.extras = extras.map((extra) => new Saved(extra));
    this.bytes = this.#all().reduce((sum, saved) => sum + saved.bytes, 0);
  }

  #all(): Saved[] {
    return [...this.inputs, this.output, ...this.extras].filter((saved) => saved !== null);
  }

  release(): void {
    for (const saved of this.#all()) saved.release();
  }
}

/** Where a gradient goes: on to the node that made the input, or into a leaf's `grad`. */
interface Edge {
  readonly target: GraphNode | Tensor;
  readonly shape: Shape;
  readonly dtype: Tensor["dtype"];
}

/** One recorded operation. */
export class GraphNode extends Owned {
  readonly op: AnyOp;
  readonly edges: readonly (Edge | null)[];
  readonly #params: unknown;
  readonly #saved: SavedValues;
  #released = false;

  constructor(
    op: AnyOp,
    inputs: readonly (Tensor | null)[],
    params: unknown,
    output: Tensor,
    extras: readonly Tensor[],
  ) {
    super();
    this.op = op;
    this.#params = params;
    this.#saved = new SavedValues(op, inputs, output, extras);
    this.edges = inputs.map((input) =>
      input?.requiresGrad ? { target: input.node ?? input, shape: input.shape, dtype: input.dtype } : null,
    );
    own(this, this.#saved);
  }

  override get disposed(): boolean {
    return this.#released;
  }

  override dispose(): void {
    if (this.#released) return;
    this.#released = true;
    disown(this, this.#saved);
    this.#saved.release();
  }

  override *keeps(): Iterable<GraphNode> {
    for (const edge of this.edges) if (edge?.target instanceof GraphNode) yield edge.target;
  }

  /** The rules of this node's op, bound to its saved values and the gradient of its output. */
  rules(grad: ArrivedGrad): readonly (GradRule | null)[] {
    const { op } = this;
    if (this.#released) {
      throw new GradError(
        `backward: the graph was released already, got a second pass through ${op.name}, expected one. ` +
          "Help: pass { retainGraph: true } to the first backward(), or run the forward pass again",
      );
    }
    const saved = this.#saved;
    return op.gradients({
      get grad() {
        return grad.tensor;
      },
      get gradParts() {
        return grad.parts;
      },
      gradIsOne: grad.isOne,
      params: this.#params,
      input(i) {
        const value = saved.inputs[i];
        if (!value) throw internal(`${op.name} uses input ${i} in backward but does not save it`);
        return value.unpack(op.name, `input ${i}`);
      },
      output() {
        if (!saved.output) throw internal(`${op.name} uses its output in backward but does not save it`);
        return saved.output.unpack(op.name, "its output");
      },
      extra(i) {
        const value = saved.extras[i];
        if (!value) throw internal(`${op.name} uses extra ${i} in backward but does not save it`);
        return value.unpack(op.name, `saved value ${i}`);
      },
    });
  }
}

/** The gradient of a node's output, one or two parts of it. That of the root is made when it is asked for. */
class ArrivedGrad {
  readonly isOne: boolean;
  readonly #root: Tensor;
  #made: readonly Tensor[];

  /** @param parts none for the single 1 of the root */
  constructor(parts: readonly Tensor[], root: Tensor) {
    this.#made = parts;
    this.isOne = parts.length === 0;
    this.#root = root;
  }

  /** What there is so far. */
  get made(): readonly Tensor[] {
    return this.#made;
  }

  get parts(): readonly [Tensor, Tensor | null] {
    if (this.#made.length === 0) this.#made = [this.#root.onesLike()];
    const [first, more = null] = this.#made as [Tensor, Tensor?];
    return [first, more];
  }

  get tensor(): Tensor {
    const [first, more] = this.parts;
    if (!more) return first;
    const sum = join(first, more);
    this.#made = [sum];
    return sum;
  }
}

/** The sum of two parts, which are not needed any more. */
function join(first: Tensor, more: Tensor): Tensor {
  const sum = add(first, more);
  first.dispose();
  more.dispose();
  return sum;
}

/** The nodes reachable from `root`, each after all that use its output. Iterative: graphs are deeper than stacks. */
function topologicalOrder(root: GraphNode): GraphNode[] {
  const users = new Map<GraphNode, number>([[root, 0]]);
  const discovered = [root];
  for (let node = discovered.pop(); node; node = discovered.pop()) {
    for (const next of node.keeps()) {
      const count = users.get(next);
      users.set(next, (count ?? 0) + 1);
      if (count === undefined) discovered.push(next);
    }
  }
  const order: GraphNode[] = [];
  const ready = [root];
  for (let node = ready.pop(); node; node = ready.pop()) {
    order.push(node);
    for (const next of node.keeps()) {
      const left = users.get(next)! - 1;
      users.set(next, left);
      if (left === 0) ready.push(next);
    }
  }
  return order;
}

/** Checks what a rule returned, and undoes the broadcasting of its input. */
function fit(op: string, i: number, gradient: Tensor, edge: Edge): Tensor {
  if (gradient.dtype !== edge.dtype) {
    throw new DTypeError(
      `${op}: the gradient of input ${i} has the wrong type, got ${gradient.dtype}, expected ${edge.dtype}`,
    );
  }
  if (sameShape(gradient.shape, edge.shape)) return gradient;
  const lead = gradient.ndim - edge.shape.length;
  const broadcast =
    lead >= 0 && edge.shape.every((size, d) => size === 1 || size === gradient.shape[lead + d]);
  if (!broadcast) {
    throw new ShapeError(
      `${op}: the gradient of input ${i} has the wrong shape, got ${show(gradient.shape)}, expected ${show(edge.shape)}`,
    );
  }
  return sumTo(gradient, edge.shape);
}

/**
 * Adds a gradient to a leaf's `grad`. The first one is adopted, or was written to its place by the rule. What is
 * `shared`, the gradient of a node's output that the rules of other inputs see too, is copied: later gradients will
 * be added to `grad` in place.
 */
function addToLeaf(leaf: Tensor, gradient: Tensor, shared: readonly Tensor[]): void {
  const { grad, gradSlot: slot } = leaf;
  if (grad && !sameShape(grad.shape, leaf.shape)) {
    throw new ShapeError(
      `backward: grad was set to a tensor of the wrong shape, got ${show(grad.shape)}, expected ${show(leaf.shape)}`,
    );
  }
  if (grad?.isContiguous()) accumulate(contiguous(gradient), grad);
  else if (grad) copyInto(add(grad, gradient), grad);
  else if (slot) {
    if (gradient.storage !== slot.storage || gradient.offset !== slot.offset) slot.copy_(gradient);
    leaf.grad = slot;
  } else {
    const { storage } = gradient;
    const isShared = storage.references > 1 || shared.some((one) => one.storage === storage);
    leaf.grad = keep(!isShared && gradient.isContiguous() ? gradient.alias() : gradient.clone());
  }
}

export interface BackwardOptions {
  /** Whether the graph stays, for another backward() through it. Default: false. */
  readonly retainGraph?: boolean;
  /** Gradients of gradients are not offered: `true` is refused. */
  readonly createGraph?: boolean;
}

/**
 * Computes the gradients of `root` for every leaf that requires one, and adds them to the leaves' `grad`.
 * https://pytorch.org/docs/stable/generated/torch.autograd.backward.html
 */
export function backward(root: Tensor, gradient?: Tensor, options: BackwardOptions = {}): void {
  void root.storage; // throws if the tensor was disposed
  if (options.createGraph) {
    throw new GradError(
      "backward: gradients of gradients are not offered, got createGraph: true, expected false. " +
        "Help: write the gradient that you need as a function of tensors, and differentiate that",
    );
  }
  if (!root.requiresGrad) {
    throw new GradError(
      "backward: the tensor does not require grad, got a result of tensors without requiresGrad (or made in noGrad), " +
        "expected a graph",
    );
  }
  if (!gradient && root.numel !== 1) {
    throw new GradError(
      `backward: a gradient can be left out only for a tensor of one element, got shape ${show(root.shape)}. ` +
        "Help: reduce the loss with .sum() or .mean(), or pass a gradient of that shape",
    );
  }
  if (gradient && !sameShape(gradient.shape, root.shape)) {
    throw new ShapeError(
      `backward: gradient of the wrong shape, got ${show(gradient.shape)}, expected ${show(root.shape)}`,
    );
  }
  if (gradient && gradient.dtype !== root.dtype) {
    throw new DTypeError(
      `backward: gradient of the wrong type, got ${gradient.dtype}, expected ${root.dtype}`,
    );
  }
  if (gradient) checkSameDevice("backward", root, gradient);
  // A copy, because the gradient that is passed may be the `grad` of a leaf, which is about to be written.
  noGrad(() => scope(() => walk(root, gradient?.clone() ?? null, options.retainGraph ?? false)));
}

/** @param gradient of the root; null for a single 1 */
function walk(root: Tensor, gradient: Tensor | null, retainGraph: boolean): void {
  const seed = new ArrivedGrad(gradient ? [gradient] : [], root);
  if (!root.node) {
    addToLeaf(root, seed.tensor, []);
    return;
  }
  const order = topologicalOrder(root.node);
  const arrived = new Map<GraphNode, readonly Tensor[]>();
  for (const node of order) {
    const parts = arrived.get(node) ?? [];
    arrived.delete(node);
    const grad = node === root.node ? seed : new ArrivedGrad(parts, root);
    if (parts.length === 0 && grad !== seed) {
      // Its users have no rule for it, so nothing flows further on this path.
      if (!retainGraph) node.dispose();
      continue;
    }
    const passedOn = scope(() => {
      const rules = node.rules(grad);
      // From the last input to the first: on the way to the gradient of a bias lies one that the others need.
      return node.edges
        .map((_, fromEnd) => node.edges.length - 1 - fromEnd)
        .flatMap((i) => {
          const edge = node.edges[i];
          const rule = rules[i];
          if (!edge || !rule) return [];
          const { target } = edge;
          if (target instanceof Tensor) {
            if (target.disposed) return []; // nobody can ask for this gradient any more
            const into = target.grad ? undefined : (target.gradSlot ?? undefined);
            addToLeaf(target, fit(node.op.name, i, rule(into), edge), grad.made);
            return [];
          }
          const part = fit(node.op.name, i, rule(), edge).alias();
          const [first, more] = arrived.get(target) ?? [];
          // Two parts wait for the rules that may read them both; of three the first two are added.
          const parts = first ? [more ? join(first, more) : first, part] : [part];
          arrived.set(target, parts);
          return parts;
        });
    });
    void passedOn; // returned only so that the scope lets them live
    for (const part of grad.made) part.dispose();
    if (!retainGraph) node.dispose();
  }
}
