/** Host side of the micro-kernels' blocks of rows: what kernels/wasm/blocks.ts says of them, for those who make room. */

/** Room for the sums of six rows and eight columns. */
export const SUM_BYTES = 192;

/** How many blocks of six and four rows a product's rows make, and the rows of all. */
export function blocksOf(rows: number): { readonly count: number; readonly rows: number } {
  const even = Math.max(4, 2 * Math.ceil(rows / 2));
  const fours = even % 3;
  return { count: fours + (even - 4 * fours) / 6, rows: even };
}
