/**
 * The header of a safetensors file, read by its own small grammar.
 *
 * A header is JSON, but `JSON.parse` is too kind for a file from a stranger: of two entries with one name it silently
 * keeps the last, it takes `1e3`, `1.0` and `-0` for whole numbers, and it rounds those above 2^53. Two readers that
 * disagree about a file are how one is smuggled past a check. This reader knows exactly what may stand in a header,
 *
 *     {"__metadata__": {name: string, ...}, name: {"dtype": string, "shape": [n, ...], "data_offsets": [from, to]}, ...}
 *
 * and refuses all else. https://github.com/huggingface/safetensors#format
 */

import { DataError } from "@mien/tensor";

/** What a header says about one tensor. */
export interface TensorEntry {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** From where to where its bytes lie behind the header. */
  readonly offsets: readonly [from: number, to: number];
}

export interface Header {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** @throws DataError that says what stands where, and what was expected there */
export function parseHeader(text: string): Header {
  const reader = new Reader(text);
  let metadata: ReadonlyMap<string, string> = new Map();
  const tensors = new Map<string, TensorEntry>();
  reader.object((name) => {
    if (name === "__metadata__") metadata = readMetadata(reader);
    else tensors.set(name, readEntry(reader, name));
  });
  reader.end();
  return { tensors, metadata };
}

function readMetadata(reader: Reader): ReadonlyMap<string, string> {
  const metadata = new Map<string, string>();
  reader.object((key) => metadata.set(key, reader.string(`a string under ${quoted(key)} in the metadata`)));
  return metadata;
}

function readEntry(reader: Reader, name: string): TensorEntry {
  let dtype: string | undefined;
  let shape: readonly number[] | undefined;
  let offsets: readonly number[] | undefined;
  reader.object((key) => {
    if (key === "dtype") dtype = reader.string("the name of a type");
    else if (key === "shape") shape = reader.wholeNumbers();
    else if (key === "data_offsets") offsets = reader.wholeNumbers();
    else
      throw new DataError(
        `safetensors: got the key ${quoted(key)} in tensor ${quoted(name)}, expected none such`,
      );
  });
  if (dtype === undefined || shape === undefined || offsets === undefined) {
    const missing = Object.entries({ dtype, shape, data_offsets: offsets }).find(
      ([, value]) => value === undefined,
    )![0];
    throw new DataError(
      `safetensors: tensor ${quoted(name)} has no ${missing}, expected dtype, shape, data_offsets`,
    );
  }
  if (offsets.length !== 2) {
    throw new DataError(
      `safetensors: tensor ${quoted(name)} has ${offsets.length} data_offsets, expected two`,
    );
  }
  return { dtype, shape, offsets: [offsets[0]!, offsets[1]!] };
}

const WHITESPACE = " \t\n\r";
const DIGITS = /(?:0|[1-9][0-9]*)(?![0-9.eE])/y;

/** A cursor over the text, with the pieces of JSON that a header is made of. */
class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** `{"key": value, ...}`: calls `readValue` at each value. */
  object(readValue: (key: string) => void): void {
    const keys = new Set<string>();
    this.#expect("{");
    if (this.#accept("}")) return;
    do {
      const key = this.string("a name in quotes");
      if (keys.has(key))
        throw new DataError(`safetensors: the header has ${quoted(key)} twice, expected each name once`);
      keys.add(key);
      this.#expect(":");
      readValue(key);
    } while (this.#accept(","));
    this.#expect("}");
  }

  /** `[n, ...]` */
  wholeNumbers(): number[] {
    const numbers: number[] = [];
    this.#expect("[");
    if (this.#accept("]")) return numbers;
    do numbers.push(this.#wholeNumber());
    while (this.#accept(","));
    this.#expect("]");
    return numbers;
  }

  string(what: string): string {
    this.#skipWhitespace();
    const start = this.#at;
    if (this.#text[start] !== '"') throw this.#unexpected(what);
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === "\\" ? 2 : 1;
    this.#at = end + 1;
    return unquoted(this.#text.slice(start, this.#at));
  }

  end(): void {
    this.#skipWhitespace();
    if (this.#at < this.#text.length) throw this.#unexpected("the end of the header");
  }

  #wholeNumber(): number {
    this.#skipWhitespace();
    DIGITS.lastIndex = this.#at;
    const digits = DIGITS.exec(this.#text)?.[0];
    if (digits === undefined) throw this.#unexpected("a whole number in plain digits");
    if (!Number.isSafeInteger(Number(digits))) {
      throw new DataError(`safetensors: the header has the number ${digits}, expected at most 2^53 - 1`);
    }
    this.#at = DIGITS.lastIndex;
    return Number(digits);
  }

  #skipWhitespace(): void {
    while (this.#at < this.#text.length && WHITESPACE.includes(this.#text[this.#at]!)) this.#at++;
  }

  #accept(character: string): boolean {
    this.#skipWhitespace();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #expect(character: string): void {
    if (!this.#accept(character)) throw this.#unexpected(`"${character}"`);
  }

  #unexpected(expected: string): DataError {
    const found = this.#text.slice(this.#at, this.#at + 16);
    const got = found === "" ? "its end" : JSON.stringify(found);
    return new DataError(
      `safetensors: broken header at character ${this.#at}, got ${got}, expected ${expected}`,
    );
  }
}

/** The string that a JSON literal stands for. */
function unquoted(literal: string): string {
  let value: unknown;
  try {
    value = JSON.parse(literal);
  } catch (cause) {
    throw new DataError(`safetensors: broken string in the header, got ${shortened(literal)}`, { cause });
  }
  if (typeof value !== "string" || hasLoneSurrogate(value)) {
    throw new DataError(
      `safetensors: invalid Unicode in the header, got ${shortened(literal)}, expected whole characters`,
    );
  }
  return value;
}

/** Half a character, which no UTF-8 file can hold. */
export function hasLoneSurrogate(text: string): boolean {
  return /\p{Surrogate}/u.test(text);
}

/** A name for a message: in quotes, and not longer than a line. */
export function quoted(name: string): string {
  return shortened(JSON.stringify(name));
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}
