// Addresses are bytes, everything else counts elements; nearly all elements take four bytes.

/** The bytes that `count` elements of four bytes take. */
@inline
export function bytes(count: i32): usize {
  return <usize>count << 2;
}
