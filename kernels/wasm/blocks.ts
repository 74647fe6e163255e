// How the rows of a product are shared out among micro-kernels: in blocks of six, and of four at the end.
//
// Six rows by eight columns are twelve sums that do not wait for each other. A fused multiply-add takes four cycles and
// two can begin in each, so eight sums, those of four rows, would do if nothing else ever held one up; twelve, an
// operand's two vectors and one more fill the registers that engines leave to us. Any even number from four on is some
// sixes and at most two fours.
//
// V8 keeps this pace only where nothing but stores follows the loop: with a choice or an addition to each sum there, it
// spilt registers within the loop, or put all loads before all products. So sums that need more go by way of memory.

/** Room for the sums of six rows and eight columns; the same number stands in packages/cpu/src/kernels/blocks.ts. */
export const SUM_BYTES: usize = 192;

/** The rows of the next block where `rest` are left: those of its rows that are not there are not written. */
@inline
export function blockOf(rest: i32): i32 {
  return rest <= 4 || rest == 7 || rest == 8 ? 4 : 6;
}

/** The rows that blocks have room for. */
@inline
export function paddedRows(rows: i32): i32 {
  return max(4, (rows + 1) & ~1);
}
