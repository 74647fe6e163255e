// Partial sums: chunks that share a sum leave theirs side by side, and these are added afterwards, always in one order.

/** What is added up at a time, so that it stays in the first-level cache. */
const BLOCK: usize = 16384;

/**
 * Adds `count` pieces of `size` bytes, `pitch` bytes apart, to the first of them, in order. Sizes are multiples of 16.
 * It goes along the memory: pieces often lie a power of two apart, and would evict each other if they were read in turn.
 */
export function addPartials(first: usize, pitch: usize, count: i32, size: usize): void {
  for (let begin: usize = 0; begin < size; begin += BLOCK) {
    const end = first + min(size, begin + BLOCK);
    let away = pitch;
    for (let i = 1; i < count; i++, away += pitch) {
      for (let to = first + begin; to < end; to += 16) {
        v128.store(to, f32x4.add(v128.load(to), v128.load(to + away)));
      }
    }
  }
}
