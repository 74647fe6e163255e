// Bytes packed four to a word, the first in the lowest bits.

// The bits of `word` which lie in the bytes [first, first + count) of a buffer.
fn bytesWithin(word: u32, first: u32, count: u32) -> u32 {
  let begin = word * 4u;
  var mask = 0u;
  for (var i = 0u; i < 4u; i += 1u) {
    if (begin + i >= first && begin + i < first + count) { mask |= 0xffu << (8u * i); }
  }
  return mask;
}

fn byteOf(word: u32, index: u32) -> u32 {
  return (word >> (8u * (index % 4u))) & 0xffu;
}
