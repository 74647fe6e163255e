// The one matrix multiplication of this folder: C[row, col] = sum over k of A[row, k] B[k, col].
//
// A workgroup computes a tile of C. It brings tiles of A and B into workgroup memory, TILE_K steps at a time, and every
// invocation keeps a block of C in registers: each number fetched is used TILE_M or TILE_N times.
//
// What A, B and C *are* is up to the file that includes this one. A convolution is a matrix product whose B is never
// written down (implicit GEMM): element (k, col) is found in the image when it is needed. Finding it costs divisions,
// so an address is the sum of what the k says and what the column says, and each half is worked out once per tile:
//
//   rowPlaceA(batch, row) + kPlaceA(k)           is what fetchA turns into a value
//   kPlaceB(k) + colPlaceB(batch, col).xyz       is what fetchB turns into a value; beyond an edge, that is 0
//   finish(batch, row, columns, sums)            is what becomes of the sums of a row and four columns, and
//   rowPlaceC(batch, split, row) + colPlaceB(batch, col).w   is where writeOut puts one of them
//
// With `splits` > 1 the range of k is shared between that many workgroups, each of which writes its own partial C.
// Where four values of an operand lie side by side and aligned, it is bound as vec4<f32> and fetched four at a time: the
// fetch at a place that is a multiple of four gives that value and the next three.
//
// Loops count from one constant to another wherever they can, and workgroup memory is indexed dimension by dimension:
// WGSL guards every other loop against running for ever, and every index against its own dimension, and a compiler gets
// rid of such a guard only where it sees a constant, or the same index in every round.
//
// Wants in Params: m, n, k, batch, tilesM, tilesN, splits, splitLength (a multiple of TILE_K), groups.

#include "include/tile_type.wgsl"

// How the invocations are arranged, and the blocks of four rows and four columns (quads) that each computes.
const THREADS_M = 8u;
const THREADS_N = 8u;
const QUADS_M = 1u;
const QUADS_N = 1u;
const TILE_K = 16u;
// Whether neighbouring invocations read along k (else along rows or columns): as the operand lies in memory.
const A_ALONG_K = true;
const B_ALONG_K = false;
// What A and B are bound as, f32 or vec4<f32>, and how many values that is. Four lie in the direction just named.
alias A = f32;
alias B = f32;
const WIDTH_A = 1u;
const WIDTH_B = 1u;

const THREADS = THREADS_M * THREADS_N;
const QUADS_OF_A = THREADS_M * QUADS_M;
const QUADS_OF_B = THREADS_N * QUADS_N;
const TILE_M = QUADS_OF_A * 4u;
const TILE_N = QUADS_OF_B * 4u;
const STEPS_OF_FOUR = TILE_K / 4u;
// Blocks of four steps and four rows or columns, and elements of four rows or columns, that one invocation fetches.
const BLOCKS_OF_A = (STEPS_OF_FOUR * QUADS_OF_A + THREADS - 1u) / THREADS;
const BLOCKS_OF_B = (STEPS_OF_FOUR * QUADS_OF_B + THREADS - 1u) / THREADS;
const FETCHES_OF_A = TILE_K * QUADS_OF_A / THREADS;
const FETCHES_OF_B = TILE_K * QUADS_OF_B / THREADS;

// By fours of steps, step, quad. One quad more than the tile has, so that neighbours in k meet different memory banks.
var<workgroup> tileA: array<array<array<vec4<Held>, QUADS_OF_A + 1u>, 4>, STEPS_OF_FOUR>;
var<workgroup> tileB: array<array<array<vec4<Held>, QUADS_OF_B + 1u>, 4>, STEPS_OF_FOUR>;
// By place within the quad, quad.
var<workgroup> colPlaces: array<array<vec4<i32>, QUADS_OF_B>, 4>;
var<workgroup> kPlacesA: array<u32, TILE_K>;
var<workgroup> kPlacesB: array<vec3<i32>, TILE_K>;

// The place of what is beyond the last column or the last k: so far above every image that no sum leads back into it.
const NOWHERE = vec3<i32>(0, -0x40000000, 0);

// The column that is number c of a quad. Where four are fetched at once they lie side by side. Else neighbouring
// invocations fetch and write neighbouring columns, and a quad's four are as far apart as there are quads.
fn columnOf(quad: u32, c: u32) -> u32 {
  return select(c * QUADS_OF_B + quad, quad * 4u + c, WIDTH_B == 4u && !B_ALONG_K);
}

// The rows of a tile of A.
struct Rows {
  batch: u32,
  begin: u32,
  count: u32,
}

// One value, four times over, or four of them.
fn readA(rows: Rows, row: u32, k: u32, ks: u32) -> vec4<f32> {
  if (row >= rows.count || k >= ks) { return vec4<f32>(); }
  return vec4<f32>(fetchA(rowPlaceA(rows.batch, rows.begin + row) + kPlacesA[k]));
}

fn readB(kPlace: vec3<i32>, colPlace: vec3<i32>) -> vec4<f32> {
  return vec4<f32>(fetchB(kPlace + colPlace));
}

// Brings the rows of A and the steps of k that a tile has into workgroup memory.
fn fillTileA(lane: u32, rows: Rows, ks: u32) {
  if (WIDTH_A == 4u && A_ALONG_K) {
    // A block of four rows and four steps, turned round.
    let four = lane % STEPS_OF_FOUR;
    let k = four * 4u;
    for (var i = 0u; i < BLOCKS_OF_A; i += 1u) {
      let quad = i * (THREADS / STEPS_OF_FOUR) + lane / STEPS_OF_FOUR;
      if (quad < QUADS_OF_A) {
        let row = quad * 4u;
        let block = transpose(mat4x4<f32>(
          readA(rows, row, k, ks),
          readA(rows, row + 1u, k, ks),
          readA(rows, row + 2u, k, ks),
          readA(rows, row + 3u, k, ks),
        ));
        for (var j = 0u; j < 4u; j += 1u) { tileA[four][j][quad] = vec4<Held>(block[j]); }
      }
    }
    return;
  }
  for (var i = 0u; i < FETCHES_OF_A; i += 1u) {
    let at = i * THREADS + lane;
    let k = select(at / QUADS_OF_A, at % TILE_K, A_ALONG_K);
    let quad = select(at % QUADS_OF_A, at / TILE_K, A_ALONG_K);
    let row = quad * 4u;
    var values = readA(rows, row, k, ks);
    if (WIDTH_A == 1u) {
      values.y = readA(rows, row + 1u, k, ks).x;
      values.z = readA(rows, row + 2u, k, ks).x;
      values.w = readA(rows, row + 3u, k, ks).x;
    }
    tileA[k / 4u][k % 4u][quad] = vec4<Held>(values);
  }
}

// The places of the four columns of a quad.
fn placesOf(quad: u32) -> array<vec3<i32>, 4> {
  return array<vec3<i32>, 4>(
    colPlaces[0][quad].xyz,
    colPlaces[1][quad].xyz,
    colPlaces[2][quad].xyz,
    colPlaces[3][quad].xyz,
  );
}

fn fetchQuadB(k: u32, quad: u32, places: array<vec3<i32>, 4>) {
  let kPlace = kPlacesB[k];
  var values = readB(kPlace, places[0]);
  if (WIDTH_B == 1u) {
    values.y = readB(kPlace, places[1]).x;
    values.z = readB(kPlace, places[2]).x;
    values.w = readB(kPlace, places[3]).x;
  }
  tileB[k / 4u][k % 4u][quad] = vec4<Held>(values);
}

// The same for the columns of B. `places` are those of the quad that an invocation meets in every step, unless it goes
// along k.
fn fillTileB(lane: u32, places: array<vec3<i32>, 4>) {
  if (!B_ALONG_K) {
    for (var i = 0u; i < FETCHES_OF_B; i += 1u) {
      fetchQuadB(i * (THREADS / QUADS_OF_B) + lane / QUADS_OF_B, lane % QUADS_OF_B, places);
    }
    return;
  }
  if (WIDTH_B == 1u) {
    for (var i = 0u; i < FETCHES_OF_B; i += 1u) {
      let quad = i * (THREADS / TILE_K) + lane / TILE_K;
      fetchQuadB(lane % TILE_K, quad, placesOf(quad));
    }
    return;
  }
  let four = lane % STEPS_OF_FOUR;
  let kPlace = kPlacesB[four * 4u];
  for (var i = 0u; i < BLOCKS_OF_B; i += 1u) {
    let quad = i * (THREADS / STEPS_OF_FOUR) + lane / STEPS_OF_FOUR;
    if (quad < QUADS_OF_B) {
      let columns = placesOf(quad);
      let block = transpose(mat4x4<f32>(
        readB(kPlace, columns[0]),
        readB(kPlace, columns[1]),
        readB(kPlace, columns[2]),
        readB(kPlace, columns[3]),
      ));
      for (var j = 0u; j < 4u; j += 1u) { tileB[four][j][quad] = vec4<Held>(block[j]); }
    }
  }
}

// The places of the steps from k. The first invocations see to A and the last to B: they run side by side.
fn placeK(lane: u32, k: u32, end: u32) {
  if (lane < TILE_K) { kPlacesA[lane] = kPlaceA(k + lane); }
  if (lane >= THREADS - TILE_K) {
    let step = lane - (THREADS - TILE_K);
    var place = NOWHERE;
    if (k + step < end) { place = kPlaceB(k + step); }
    kPlacesB[step] = place;
  }
}

@compute @workgroup_size(THREADS)
fn main(
  @builtin(workgroup_id) workgroup: vec3<u32>,
  @builtin(num_workgroups) workgroups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let group = workgroup.y * workgroups.x + workgroup.x;
  if (group >= params.groups) { return; }

  // Tiles below each other come first: they share their part of B, which is the larger operand as a rule.
  let tileRow = group % params.tilesM;
  let tileCol = (group / params.tilesM) % params.tilesN;
  let split = (group / (params.tilesM * params.tilesN)) % params.splits;
  let batch = group / (params.tilesM * params.tilesN * params.splits);
  let rows = Rows(batch, tileRow * TILE_M, min(TILE_M, params.m - tileRow * TILE_M));
  let colBegin = tileCol * TILE_N;
  let cols = min(TILE_N, params.n - colBegin);
  let kBegin = split * params.splitLength;
  let kEnd = min(kBegin + params.splitLength, params.k);

  for (var i = 0u; i < TILE_N; i += THREADS) {
    let at = i + lane;
    if (at < TILE_N) {
      let col = columnOf(at % QUADS_OF_B, at / QUADS_OF_B);
      var place = vec4<i32>(NOWHERE, 0);
      if (col < cols) { place = colPlaceB(batch, colBegin + col); }
      colPlaces[at / QUADS_OF_B][at % QUADS_OF_B] = place;
    }
  }
  placeK(lane, kBegin, kEnd);
  workgroupBarrier();

  let threadM = lane / THREADS_N;
  let threadN = lane % THREADS_N;
  let places = placesOf(lane % QUADS_OF_B);
  var sums: array<vec4<f32>, QUADS_M * 4u * QUADS_N>;

  for (var k = kBegin; k < kEnd; k += TILE_K) {
    let ks = min(TILE_K, kEnd - k);
    fillTileA(lane, rows, ks);
    fillTileB(lane, places);
    workgroupBarrier();

    placeK(lane, k + TILE_K, kEnd);
    // By fours: the compiler unrolls the inner loop, and the last tile ends early. What it has too many of is 0.
    let fours = (ks + 3u) / 4u;
    for (var four = 0u; four < fours; four += 1u) {
      for (var kk = 0u; kk < 4u; kk += 1u) {
        for (var qm = 0u; qm < QUADS_M; qm += 1u) {
          let a = vec4<f32>(tileA[four][kk][threadM + qm * THREADS_M]);
          for (var qn = 0u; qn < QUADS_N; qn += 1u) {
            let b = vec4<f32>(tileB[four][kk][threadN + qn * THREADS_N]);
            let at = qm * 4u * QUADS_N + qn;
            sums[at] = fma(vec4<f32>(a.x), b, sums[at]);
            sums[at + QUADS_N] = fma(vec4<f32>(a.y), b, sums[at + QUADS_N]);
            sums[at + 2u * QUADS_N] = fma(vec4<f32>(a.z), b, sums[at + 2u * QUADS_N]);
            sums[at + 3u * QUADS_N] = fma(vec4<f32>(a.w), b, sums[at + 3u * QUADS_N]);
          }
        }
      }
    }
    workgroupBarrier();
  }

  for (var r = 0u; r < QUADS_M * 4u; r += 1u) {
    let row = ((r / 4u) * THREADS_M + threadM) * 4u + r % 4u;
    if (row < rows.count) {
      let rowPlace = rowPlaceC(batch, split, rows.begin + row);
      for (var qn = 0u; qn < QUADS_N; qn += 1u) {
        let quad = qn * THREADS_N + threadN;
        let columns = vec4<u32>(columnOf(quad, 0u), columnOf(quad, 1u), columnOf(quad, 2u), columnOf(quad, 3u));
        let values = finish(batch, rows.begin + row, colBegin + columns, sums[r * QUADS_N + qn]);
        for (var c = 0u; c < 4u; c += 1u) {
          if (columns[c] < cols) { writeOut(rowPlace + u32(colPlaces[c][quad].w), values[c]); }
        }
      }
    }
  }
}
