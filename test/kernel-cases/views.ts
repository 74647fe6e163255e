/**
 * Strided views: the ways in which an operand of a given shape may lie in memory.
 *
 * A fast kernel has a short cut for contiguous operands and a long way for all others, and both must agree. These are
 * the layouts that separate them: nothing at all, one element, sizes just beside a vector's width, transposed,
 * broadcast along each axis, with gaps, and rank 8.
 */

/** A layout of `shape`; the view reads `span` elements of memory, from its first to its last. */
export interface View {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly span: number;
}

export function view(shape: readonly number[], strides: readonly number[]): View {
  const empty = shape.includes(0);
  const last = shape.reduce((sum, size, dim) => sum + (size - 1) * strides[dim]!, 0);
  return { shape, strides, span: empty ? 0 : last + 1 };
}

/** Row-major, without gaps. */
export function contiguous(shape: readonly number[]): View {
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape.toReversed()) {
    strides.unshift(stride);
    stride *= size;
  }
  return view(shape, strides);
}

/** A contiguous tensor seen with its dimensions in another order: dimension d of the view is `order[d]` of the tensor. */
export function permuted(shape: readonly number[], order: readonly number[]): View {
  const { strides } = contiguous(shape);
  return view(
    order.map((dim) => shape[dim]!),
    order.map((dim) => strides[dim]!),
  );
}

/** A contiguous tensor repeated along every dimension in which it has size 1 and `shape` has not. */
export function broadcast(from: readonly number[], shape: readonly number[]): View {
  const { strides } = contiguous(from);
  return view(
    shape,
    strides.map((stride, dim) => (from[dim] === shape[dim] ? stride : 0)),
  );
}

const rank8 = [2, 1, 3, 2, 1, 2, 3, 2];

/** Layouts of one operand, by name. */
export const views: Readonly<Record<string, View>> = {
  scalar: contiguous([]),
  "one element": contiguous([1]),
  "no elements": contiguous([0]),
  "no elements in the middle": contiguous([3, 0, 2]),
  "3 elements": contiguous([3]),
  "255 elements": contiguous([255]),
  "1025 elements": contiguous([1025]),
  "100003 elements": contiguous([100_003]),
  matrix: contiguous([5, 7]),
  "transposed matrix": permuted([5, 7], [1, 0]),
  "transposed, multiples of 4": permuted([16, 32], [1, 0]),
  "NCHW as NHWC": permuted([2, 5, 4, 3], [0, 2, 3, 1]),
  "every second column": view([6, 5], [10, 2]),
  "rows with gaps": view([6, 8], [13, 1]),
  "rows with gaps, multiples of 4": view([6, 8], [16, 1]),
  "expanded scalar": view([33], [0]),
  "expanded rows": broadcast([1, 9], [5, 9]),
  "expanded columns": broadcast([5, 1], [5, 9]),
  "expanded middle": broadcast([3, 1, 4], [3, 5, 4]),
  "sizes of 1": view([1, 6, 1, 5, 1], [77, 5, 3, 1, 9]),
  "rank 8": contiguous(rank8),
  "rank 8, reversed": permuted(rank8, [7, 6, 5, 4, 3, 2, 1, 0]),
  "rank 8, shuffled": permuted(rank8, [3, 0, 6, 1, 7, 4, 2, 5]),
};

/** Layouts of two operands of one shape, by name. */
export const pairs: Readonly<Record<string, readonly [a: View, b: View]>> = {
  ...Object.fromEntries(Object.entries(views).map(([name, one]) => [`both ${name}`, [one, one] as const])),
  "matrix and transposed": [contiguous([7, 5]), permuted([5, 7], [1, 0])],
  "transposed and matrix": [permuted([5, 7], [1, 0]), contiguous([7, 5])],
  "matrix and scalar": [contiguous([5, 7]), view([5, 7], [0, 0])],
  "scalar and matrix": [view([5, 7], [0, 0]), contiguous([5, 7])],
  "matrix and row": [contiguous([64, 33]), broadcast([1, 33], [64, 33])],
  "matrix and column": [contiguous([64, 33]), broadcast([64, 1], [64, 33])],
  "column and row": [broadcast([64, 1], [64, 33]), broadcast([1, 33], [64, 33])],
  "images and channels": [contiguous([2, 5, 6, 6]), broadcast([1, 5, 1, 1], [2, 5, 6, 6])],
  "middle axis against outer": [broadcast([3, 1, 4], [3, 5, 4]), broadcast([1, 5, 1], [3, 5, 4])],
  "gaps and expanded": [view([6, 8], [13, 1]), broadcast([6, 1], [6, 8])],
  "rank 8 and its reverse": [contiguous(rank8), permuted(rank8.toReversed(), [7, 6, 5, 4, 3, 2, 1, 0])],
};
