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
//   kPlaceB(k) + colPlaceB(batch, col)           is what fetchB turns into a value
//   writeOut(batch, split, row, col, value)      takes the result
//
// With `splits` > 1 the range of k is shared between that many workgroups, each of which writes its own partial C.
// Where four values of an operand lie side by side and aligned, it is bound as vec4<f32> and fetched four at a time: the
// fetch at a place that is a multiple of four gives that value and the next three.
//
// Wants in Params: m, n, k, batch, tilesM, tilesN, splits, splitLength (a multiple of TILE_K), groups.

#include "include/tile_type.wgsl"

const THREADS_M = 8u;
const THREADS_N = 8u;
// Blocks of four rows and of four columns that one invocation computes.
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
const TILE_M = THREADS_M * QUADS_M * 4u;
const TILE_N = THREADS_N * QUADS_N * 4u;
// One vec4 more than the tile is wide, so that neighbours in k meet different memory banks.
const PITCH_M = TILE_M / 4u + 1u;
const PITCH_N = TILE_N / 4u + 1u;
const QUADS_OF_A = TILE_M / 4u;
const QUADS_OF_B = TILE_N / 4u;
const STEPS_OF_FOUR = TILE_K / 4u;

var<workgroup> tileA: array<vec4<Held>, TILE_K * PITCH_M>;
var<workgroup> tileB: array<vec4<Held>, TILE_K * PITCH_N>;
var<workgroup> rowPlaces: array<u32, TILE_M>;
var<workgroup> colPlaces: array<vec3<i32>, TILE_N>;
var<workgroup> kPlacesA: array<u32, TILE_K>;
var<workgroup> kPlacesB: array<vec3<i32>, TILE_K>;

// One value, four times over, or four of them.
fn readA(row: u32, rows: u32, k: u32, ks: u32) -> vec4<f32> {
  if (row >= rows || k >= ks) { return vec4<f32>(); }
  return vec4<f32>(fetchA(rowPlaces[row] + kPlacesA[k]));
}

fn readB(k: u32, ks: u32, col: u32, cols: u32) -> vec4<f32> {
  if (col >= cols || k >= ks) { return vec4<f32>(); }
  return vec4<f32>(fetchB(kPlacesB[k] + colPlaces[col]));
}

// Brings the rows of A and the steps of k that a tile has into workgroup memory.
fn fillTileA(lane: u32, rows: u32, ks: u32) {
  if (WIDTH_A == 4u && A_ALONG_K) {
    // A block of four rows and four steps, turned round.
    for (var i = lane; i < STEPS_OF_FOUR * QUADS_OF_A; i += THREADS) {
      let k = i % STEPS_OF_FOUR * 4u;
      let row = i / STEPS_OF_FOUR * 4u;
      let block = transpose(mat4x4<f32>(
        readA(row, rows, k, ks),
        readA(row + 1u, rows, k, ks),
        readA(row + 2u, rows, k, ks),
        readA(row + 3u, rows, k, ks),
      ));
      let at = k * PITCH_M + row / 4u;
      tileA[at] = vec4<Held>(block[0]);
      tileA[at + PITCH_M] = vec4<Held>(block[1]);
      tileA[at + 2u * PITCH_M] = vec4<Held>(block[2]);
      tileA[at + 3u * PITCH_M] = vec4<Held>(block[3]);
    }
    return;
  }
  for (var i = lane; i < TILE_K * QUADS_OF_A; i += THREADS) {
    let k = select(i / QUADS_OF_A, i % TILE_K, A_ALONG_K);
    let quad = select(i % QUADS_OF_A, i / TILE_K, A_ALONG_K);
    let row = quad * 4u;
    var values = readA(row, rows, k, ks);
    if (WIDTH_A == 1u) {
      values.y = readA(row + 1u, rows, k, ks).x;
      values.z = readA(row + 2u, rows, k, ks).x;
      values.w = readA(row + 3u, rows, k, ks).x;
    }
    tileA[k * PITCH_M + quad] = vec4<Held>(values);
  }
}

// The same for the columns of B.
fn fillTileB(lane: u32, ks: u32, cols: u32) {
  if (WIDTH_B == 4u && B_ALONG_K) {
    for (var i = lane; i < STEPS_OF_FOUR * QUADS_OF_B; i += THREADS) {
      let k = i % STEPS_OF_FOUR * 4u;
      let col = i / STEPS_OF_FOUR * 4u;
      let block = transpose(mat4x4<f32>(
        readB(k, ks, col, cols),
        readB(k, ks, col + 1u, cols),
        readB(k, ks, col + 2u, cols),
        readB(k, ks, col + 3u, cols),
      ));
      let at = k * PITCH_N + col / 4u;
      tileB[at] = vec4<Held>(block[0]);
      tileB[at + PITCH_N] = vec4<Held>(block[1]);
      tileB[at + 2u * PITCH_N] = vec4<Held>(block[2]);
      tileB[at + 3u * PITCH_N] = vec4<Held>(block[3]);
    }
    return;
  }
  for (var i = lane; i < TILE_K * QUADS_OF_B; i += THREADS) {
    let k = select(i / QUADS_OF_B, i % TILE_K, B_ALONG_K);
    let quad = select(i % QUADS_OF_B, i / TILE_K, B_ALONG_K);
    let col = quad * 4u;
    var values = readB(k, ks, col, cols);
    if (WIDTH_B == 1u) {
      values.y = readB(k, ks, col + 1u, cols).x;
      values.z = readB(k, ks, col + 2u, cols).x;
      values.w = readB(k, ks, col + 3u, cols).x;
    }
    tileB[k * PITCH_N + quad] = vec4<Held>(values);
  }
}

fn placeK(lane: u32, k: u32, end: u32) {
  if (lane < TILE_K && k + lane < end) {
    kPlacesA[lane] = kPlaceA(k + lane);
    kPlacesB[lane] = kPlaceB(k + lane);
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
  let rowBegin = tileRow * TILE_M;
  let colBegin = tileCol * TILE_N;
  let rows = min(TILE_M, params.m - rowBegin);
  let cols = min(TILE_N, params.n - colBegin);
  let kBegin = split * params.splitLength;
  let kEnd = min(kBegin + params.splitLength, params.k);

  for (var i = lane; i < rows; i += THREADS) { rowPlaces[i] = rowPlaceA(batch, rowBegin + i); }
  for (var i = lane; i < cols; i += THREADS) { colPlaces[i] = colPlaceB(batch, colBegin + i); }
  placeK(lane, kBegin, kEnd);
  workgroupBarrier();

  let threadM = lane / THREADS_N;
  let threadN = lane % THREADS_N;
  var sums: array<vec4<f32>, QUADS_M * 4u * QUADS_N>;

  for (var k = kBegin; k < kEnd; k += TILE_K) {
    let ks = min(TILE_K, kEnd - k);
    fillTileA(lane, rows, ks);
    fillTileB(lane, ks, cols);
    workgroupBarrier();

    placeK(lane, k + TILE_K, kEnd);
    // By fours: the compiler unrolls the inner loop, and the last tile ends early. What it has too many of is 0.
    for (var four = 0u; four < ks; four += 4u) {
      for (var kk = four; kk < four + 4u; kk += 1u) {
        for (var qm = 0u; qm < QUADS_M; qm += 1u) {
          let a = vec4<f32>(tileA[kk * PITCH_M + threadM + qm * THREADS_M]);
          for (var qn = 0u; qn < QUADS_N; qn += 1u) {
            let b = vec4<f32>(tileB[kk * PITCH_N + threadN + qn * THREADS_N]);
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
    for (var qn = 0u; qn < QUADS_N; qn += 1u) {
      let col = (qn * THREADS_N + threadN) * 4u;
      let sum = sums[r * QUADS_N + qn];
      for (var c = 0u; c < 4u; c += 1u) {
        if (row < rows && col + c < cols) {
          writeOut(batch, split, rowBegin + row, colBegin + col + c, sum[c]);
        }
      }
    }
  }
}
