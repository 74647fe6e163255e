/**
 * safetensors: round trips, and files from strangers, each with what it is told.
 */

import { DataError } from "@mien/tensor";
import { describe, expect, test } from "vitest";
import { fuzzSafetensors } from "./safetensors.fuzz.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";
import type { HostTensor } from "./state.ts";

/** A file of the given header, as it stands, and so many bytes of data. */
function file(header: string | Uint8Array, dataLength = 0, headerLength?: bigint): Uint8Array {
  const text = typeof header === "string" ? new TextEncoder().encode(header) : header;
  const bytes = new Uint8Array(8 + text.length + dataLength);
  new DataView(bytes.buffer).setBigUint64(0, headerLength ?? BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const entry = (dtype: string, shape: string, from: number | string, to: number | string) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${from},${to}]}`;

/** One float32 of shape [2] at the start of the data. */
const whole = entry("F32", "[2]", 0, 8);

const samples = {
  narrow: { dtype: "uint8", shape: [3], data: Uint8Array.of(1, 2, 255) },
  flags: { dtype: "bool", shape: [1, 2], data: Uint32Array.of(0, 1) },
  weight: { dtype: "float32", shape: [2, 2], data: Float32Array.of(1.5, -0, Infinity, 1e-45) },
  wide: { dtype: "float64", shape: [], data: Float64Array.of(Math.PI) },
  counts: { dtype: "int32", shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) },
  nothing: { dtype: "float32", shape: [0, 4], data: new Float32Array(0) },
} satisfies Record<string, HostTensor>;

describe("round trip", () => {
  test("every type, shape and name comes back", () => {
    const metadata = { classes: '["happy"]', "ключ 🙂": "значение\n", constructor: "x" };
    const bytes = encodeSafetensors(samples, metadata);
    const decoded = decodeSafetensors(bytes);
    expect(Object.fromEntries(decoded.tensors)).toEqual(samples);
    expect([...decoded.tensors.keys()]).toEqual(Object.keys(samples));
    expect({ ...decoded.metadata }).toEqual(metadata);
    expect(encodeSafetensors(decoded.tensors, decoded.metadata)).toEqual(bytes);
  });

  test("the layout is the format's", () => {
    const bytes = encodeSafetensors({ a: samples.narrow, b: samples.weight });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect((8 + length) % 8).toBe(0);
    expect(JSON.parse(header)).toEqual({
      a: { dtype: "U8", shape: [3], data_offsets: [16, 19] },
      b: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] },
    });
    expect(bytes.length).toBe(8 + length + 19);
  });

  test("no tensors at all", () => {
    expect(decodeSafetensors(encodeSafetensors({})).tensors.size).toBe(0);
    expect(decodeSafetensors(file("{}   \n")).tensors.size).toBe(0);
  });

  test("names that mean something to JavaScript are plain names", () => {
    const names = ["__proto__", "constructor", "toString", "0", "1e3", 'quote"', ""];
    const tensors = new Map(names.map((name) => [name, samples.wide]));
    const decoded = decodeSafetensors(encodeSafetensors(tensors));
    expect([...decoded.tensors.keys()]).toEqual(names);
    const metadata = decodeSafetensors(file('{"__metadata__":{"__proto__":"x"}}')).metadata;
    expect(Object.keys(metadata)).toEqual(["__proto__"]);
    expect(metadata["constructor"]).toBeUndefined();
    expect({}.constructor).toBe(Object);
  });

  test("a file at any address, with values at any offset", () => {
    const odd = file(`{"b":${entry("U8", "[1]", 0, 1)},"w":${entry("F64", "[1]", 1, 9)}}`, 9);
    odd[odd.length - 9] = 7;
    new DataView(odd.buffer).setFloat64(odd.length - 8, 0.1, true);
    for (let shift = 0; shift < 8; shift++) {
      const shifted = new Uint8Array(odd.length + shift).subarray(shift);
      shifted.set(odd);
      const { tensors } = decodeSafetensors(shifted);
      expect(tensors.get("w")!.data).toEqual(Float64Array.of(0.1));
      expect(tensors.get("b")!.data).toEqual(Uint8Array.of(7));
    }
  });

  test("values are views on an aligned file", () => {
    const bytes = encodeSafetensors({ w: samples.weight });
    expect(decodeSafetensors(bytes).tensors.get("w")!.data.buffer).toBe(bytes.buffer);
  });

  test("PyTorch's counts, which are int64, become int32 where they fit", () => {
    const counts = [0n, 1n, -1n, 2n ** 31n - 1n, -(2n ** 31n)];
    const bytes = file(`{"b":${entry("U8", "[1]", 0, 1)},"n":${entry("I64", "[5]", 1, 41)}}`, 41);
    const view = new DataView(bytes.buffer, bytes.length - 40);
    for (const [i, count] of counts.entries()) view.setBigInt64(8 * i, count, true);
    const { dtype, shape, data } = decodeSafetensors(bytes).tensors.get("n")!;
    expect([dtype, shape, data]).toEqual(["int32", [5], Int32Array.from(counts, Number)]);
    for (const count of [2n ** 31n, -(2n ** 31n) - 1n, 2n ** 63n - 1n]) {
      view.setBigInt64(16, count, true);
      expect(() => decodeSafetensors(bytes)).toThrow(
        new DataError(
          `safetensors: tensor "n" is I64, got ${count} at position 2, expected numbers in the range of int32`,
        ),
      );
    }
  });

  test("half precision is widened exactly", () => {
    const words = [0x0000, 0x8000, 0x3c00, 0xc000, 0x7bff, 0x0001, 0x03ff, 0x7c00, 0xfc00, 0x7e01, 0x3555];
    const bytes = file(`{"h":${entry("F16", `[${words.length}]`, 0, 2 * words.length)}}`, 2 * words.length);
    const view = new DataView(bytes.buffer, bytes.length - 2 * words.length);
    for (const [i, word] of words.entries()) view.setUint16(2 * i, word, true);
    const tensor = decodeSafetensors(bytes).tensors.get("h")!;
    expect(tensor.dtype).toBe("float32");
    expect([...tensor.data]).toEqual([
      0,
      -0,
      1,
      -2,
      65504,
      2 ** -24,
      1023 * 2 ** -24,
      Infinity,
      -Infinity,
      NaN,
      0.333251953125,
    ]);
    const brain = file(`{"b":${entry("BF16", "[3]", 0, 6)}}`, 6);
    for (const [i, word] of [0x3fc0, 0xff80, 0x7fc1].entries()) {
      new DataView(brain.buffer).setUint16(brain.length - 6 + 2 * i, word, true);
    }
    expect([...decodeSafetensors(brain).tensors.get("b")!.data]).toEqual([1.5, -Infinity, NaN]);
  });
});

const hostile: readonly (readonly [what: string, bytes: Uint8Array, message: RegExp])[] = [
  ["an empty file", new Uint8Array(0), /truncated, got 0 bytes, expected at least 8$/],
  ["half a length", new Uint8Array(7), /truncated, got 7 bytes/],
  ["a header of no length", file(""), /does not begin with "{"/],
  [
    "a header that ends behind the file",
    file("{}", 0, 3n),
    /truncated, got 10 bytes, expected a header up to 11$/,
  ],
  [
    "a header over 100 MB",
    file("{}", 0, 100_000_001n),
    /too long, got 100000001 bytes, expected at most 100000000/,
  ],
  ["a length of 2^63", file("{}", 0, 2n ** 63n), /too long, got 9223372036854775808 bytes/],
  ["a length of 2^64 - 1", file("{}", 0, 2n ** 64n - 1n), /too long/],
  [
    "a JPEG",
    Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 0, 16, 74, 70, 73, 70),
    /too long.*is this a safetensors file\?/,
  ],
  ["a space before the brace", file(" {}"), /does not begin with "{"/],
  ["a byte order mark", file("\ufeff{}"), /does not begin with "{"/],
  ["an array", file("[]"), /does not begin with "{"/],
  ["bytes that are no UTF-8", file(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x7d)), /header is not UTF-8$/],
  ["a header cut short", file('{"w":'), /broken header at character 5, got its end, expected "{"$/],
  ["text behind the header", file("{}{}"), /at character 2, got "{}", expected the end of the header/],
  ["a zero byte behind the header", file("{}\0"), /expected the end of the header/],
  ["a trailing comma", file(`{"w":${whole},}`, 8), /got "}", expected a name in quotes/],
  ["a comment", file("{/**/}"), /expected a name in quotes/],
  ["a string without end", file('{"w'), /broken string in the header/],
  ["a raw line break in a string", file('{"a\nb":{}}'), /broken string in the header/],
  ["half a character", file('{"\\ud800":{}}'), /invalid Unicode in the header/],
  ["one tensor twice", file(`{"w":${whole},"w":${whole}}`, 8), /the header has "w" twice/],
  [
    "one tensor twice, once in escapes",
    file(`{"w":${whole},"\\u0077":${whole}}`, 8),
    /the header has "w" twice/,
  ],
  ["a key twice in a tensor", file('{"w":{"dtype":"F32","dtype":"F64"}}'), /the header has "dtype" twice/],
  ["metadata twice", file('{"__metadata__":{},"__metadata__":{}}'), /the header has "__metadata__" twice/],
  [
    "metadata that is a number",
    file('{"__metadata__":{"a":1}}'),
    /got "1}}", expected a string under "a" in the metadata/,
  ],
  ["metadata that is an object", file('{"__metadata__":{"a":{"b":"c"}}}'), /expected a string under "a"/],
  ["metadata that is no object", file('{"__metadata__":"x"}'), /expected "{"/],
  ["a tensor that is null", file('{"w":null}'), /got "null}", expected "{"/],
  ["a tensor without dtype", file('{"w":{"shape":[],"data_offsets":[0,4]}}', 4), /tensor "w" has no dtype/],
  [
    "a tensor without shape",
    file('{"w":{"dtype":"F32","data_offsets":[0,4]}}', 4),
    /tensor "w" has no shape/,
  ],
  ["a tensor without offsets", file('{"w":{"dtype":"F32","shape":[]}}'), /tensor "w" has no data_offsets/],
  ["a key too many", file('{"w":{"dtype":"F32","run":"x"}}'), /got the key "run" in tensor "w"/],
  [
    "a type that does not exist",
    file(`{"w":${entry("F31", "[2]", 0, 8)}}`, 8),
    /has the type "F31", expected one of F64, F32/,
  ],
  [
    "a type from the prototype",
    file(`{"w":${entry("constructor", "[2]", 0, 8)}}`, 8),
    /has the type "constructor"/,
  ],
  [
    "one offset",
    file('{"w":{"dtype":"U8","shape":[4],"data_offsets":[0]}}', 4),
    /has 1 data_offsets, expected two/,
  ],
  ["three offsets", file('{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4,4]}}', 4), /has 3 data_offsets/],
  [
    "a negative size",
    file(`{"w":${entry("F32", "[-2]", 0, 8)}}`, 8),
    /got "-2\],.*expected a whole number in plain digits/,
  ],
  [
    "an offset of -0",
    file(`{"w":${entry("F32", "[2]", "-0", 8)}}`, 8),
    /expected a whole number in plain digits/,
  ],
  ["an offset of 8.0", file(`{"w":${entry("F32", "[2]", 0, "8.0")}}`, 8), /got "8.0\].*in plain digits/],
  ["a size of 2e0", file(`{"w":${entry("F32", "[2e0]", 0, 8)}}`, 8), /got "2e0\].*in plain digits/],
  ["a leading zero", file(`{"w":${entry("F32", "[02]", 0, 8)}}`, 8), /in plain digits/],
  ["a size in quotes", file(`{"w":${entry("F32", '["2"]', 0, 8)}}`, 8), /in plain digits/],
  [
    "a size above 2^53",
    file(`{"w":${entry("U8", "[9007199254740993]", 0, 8)}}`, 8),
    /9007199254740993, expected at most 2\^53 - 1/,
  ],
  [
    "sizes whose product overflows",
    file(`{"w":${entry("F32", "[4294967296,4294967296]", 0, 8)}}`, 8),
    /tensor "w" is too large/,
  ],
  [
    "an overflow hidden by a 0",
    file(`{"w":${entry("F32", "[4294967296,4294967296,0]", 0, 0)}}`),
    /tensor "w" is too large/,
  ],
  [
    "offsets that do not fit the shape",
    file(`{"w":${entry("F32", "[3]", 0, 8)}}`, 8),
    /wrong size, got offsets 0 to 8, expected 12 bytes for F32 \[3\]/,
  ],
  [
    "offsets backwards",
    file(`{"w":${entry("F32", "[2]", 8, 0)}}`, 8),
    /leaves a hole before it, got offset 8, expected 0/,
  ],
  [
    "data cut off",
    file(`{"w":${whole}}`, 7),
    /truncated, tensor "w" ends at byte 8 of the data, got 7 bytes/,
  ],
  ["data behind the last tensor", file(`{"w":${whole}}`, 9), /1 bytes behind the last tensor/],
  ["data and no tensor", file("{}", 4), /4 bytes behind the last tensor/],
  [
    "a hole between tensors",
    file(`{"a":${whole},"b":${entry("U8", "[1]", 9, 10)}}`, 10),
    /tensor "b" leaves a hole before it, got offset 9, expected 8/,
  ],
  [
    "tensors that overlap",
    file(`{"a":${whole},"b":${entry("F32", "[2]", 4, 12)}}`, 12),
    /tensor "b" overlaps the one before, got offset 4, expected 8/,
  ],
  ["two tensors in one place", file(`{"a":${whole},"b":${whole}}`, 8), /tensor "b" overlaps the one before/],
  [
    "a bool of 2",
    withByte(file(`{"b":${entry("BOOL", "[1]", 0, 1)}}`, 1), 2),
    /tensor "b" is BOOL but has bytes other than 0 and 1/,
  ],
  ["a deep nest", file(`{"w":${"[".repeat(100_000)}`), /expected "{"/],
  ["a name of a megabyte", file(`{"${"n".repeat(1e6)}":{}}`), /tensor "n{59}\.\.\. has no dtype/],
];

function withByte(bytes: Uint8Array, last: number): Uint8Array {
  bytes[bytes.length - 1] = last;
  return bytes;
}

describe("files that are refused", () => {
  test.each(hostile)("%s", (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(DataError);
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });
});

describe("what cannot be written", () => {
  test.each<[string, () => Uint8Array, RegExp]>([
    [
      "the metadata's own name",
      () => encodeSafetensors({ __metadata__: samples.wide }),
      /the name "__metadata__"/,
    ],
    ["half a character", () => encodeSafetensors({ "\ud800": samples.wide }), /which the format cannot hold/],
    [
      "too few values",
      () => encodeSafetensors({ w: { ...samples.weight, shape: [5] } }),
      /got 4 values in a Float32Array, expected 5 of \[5\]/,
    ],
    [
      "values of another type",
      () => encodeSafetensors({ w: { ...samples.weight, dtype: "float64" } }),
      /expected 4 of \[2, 2\] in a Float64Array/,
    ],
    [
      "metadata that is no text",
      () => encodeSafetensors({}, { epoch: 3 as unknown as string }),
      /got metadata "epoch" of number, expected text/,
    ],
  ])("%s", (_, write, message) => {
    expect(write).toThrow(DataError);
    expect(write).toThrow(message);
  });
});

test("5,000 mutated files", () => {
  const { accepted, slowest } = fuzzSafetensors(5_000, 1);
  expect(accepted).toBeGreaterThan(50);
  expect(slowest).toBeLessThan(1);
});
