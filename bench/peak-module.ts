/**
 * A WebAssembly module that does nothing but multiply and add: the most that one thread of this engine can compute.
 *
 * Twelve vectors of four floats are each multiplied and added to, over and over: enough independent chains to cover the
 * latency of the units, few enough to stay in registers. It is assembled here by hand, byte by byte
 * (https://webassembly.github.io/spec/core/binary/), because a compiler would be free to think of something cleverer.
 */

const CHAINS = 12;
const LANES = 4;

/** Floating-point operations of one turn of the loop. */
export const FLOPS_PER_TURN: number = CHAINS * LANES * 2;

/** The locals: the number of turns (the parameter), then the chains, then factor and summand. */
const TURNS = 0;
const chain = (index: number): number => 1 + index;
const FACTOR = 1 + CHAINS;
const SUMMAND = 2 + CHAINS;

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;

const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const f32Const = (value: number): number[] => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)];
const SPLAT = [0xfd, 0x13];
const MUL = [0xfd, 0xe6, 0x01];
const ADD = [0xfd, 0xe4, 0x01];
const RELAXED_MADD = [0xfd, 0x85, 0x02];
const FIRST_LANE = [0xfd, 0x1f, 0];
const LOOP = [0x03, 0x40];
const END = 0x0b;

/** The bytes of a module that exports `run(turns: i32): f32`. */
export function assemblePeakModule(fused: boolean): Uint8Array<ArrayBuffer> {
  const step = (local: number): number[] =>
    fused
      ? [...get(local), ...get(FACTOR), ...get(SUMMAND), ...RELAXED_MADD, ...set(local)]
      : [...get(local), ...get(FACTOR), ...MUL, ...get(SUMMAND), ...ADD, ...set(local)];
  const chains = Array.from({ length: CHAINS }, (_, index) => chain(index));
  const body = [
    ...vector([[CHAINS + 2, V128]]),
    ...[...f32Const(0.999), ...SPLAT, ...set(FACTOR)],
    ...[...f32Const(0.001), ...SPLAT, ...set(SUMMAND)],
    ...LOOP,
    ...chains.flatMap(step),
    // turns -= 1; continue while it is not 0
    ...[...get(TURNS), 0x41, 1, 0x6b, 0x22, TURNS, 0x0d, 0, END],
    // The result depends on every chain, so none can be left out.
    ...get(chain(0)),
    ...chains.slice(1).flatMap((local) => [...get(local), ...ADD]),
    ...FIRST_LANE,
    END,
  ];
  const name = [...new TextEncoder().encode("run")];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, vector([[0x60, 1, I32, 1, F32]])),
    ...section(3, vector([[0]])),
    ...section(7, vector([[name.length, ...name, 0, 0]])),
    ...section(10, vector([[...leb128(body.length), ...body]])),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...leb128(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...leb128(items.length), ...items.flat()];
}

/** An unsigned number in seven-bit groups, the low ones first. */
function leb128(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...leb128(value >>> 7)];
}
