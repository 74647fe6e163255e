// Random numbers from a counter; packages/tensor/src/random.ts says where they come from.

struct Stream {
  key: vec2<u32>,
  // Low word first.
  counter: vec2<u32>,
}

fn rotate(x: u32, by: u32) -> u32 {
  return (x << by) | (x >> (32u - by));
}

// The first word of Threefry-2x32 with 20 rounds.
fn threefry(key: vec2<u32>, counter: vec2<u32>) -> u32 {
  const rotations = array<u32, 8>(13u, 15u, 26u, 6u, 17u, 29u, 16u, 24u);
  var keys = vec3<u32>(key, 0x1bd11bdau ^ key.x ^ key.y);
  var x = counter + key;
  for (var injection = 1u; injection <= 5u; injection += 1u) {
    let odd = (injection & 1u) == 1u;
    for (var round = 0u; round < 4u; round += 1u) {
      x.x += x.y;
      x.y = rotate(x.y, select(rotations[round + 4u], rotations[round], odd)) ^ x.x;
    }
    keys = keys.yzx;
    x += keys.xy + vec2<u32>(0u, injection);
  }
  return x.x;
}

// The upper 24 bits of number `index` of a stream.
fn draw(stream: Stream, index: u32) -> u32 {
  let low = stream.counter.x + index;
  let carry = select(0u, 1u, low < index);
  return threefry(stream.key, vec2<u32>(low, stream.counter.y + carry)) >> 8u;
}
