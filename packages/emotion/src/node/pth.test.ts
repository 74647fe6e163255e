/**
 * `.pth` files: what PyTorch wrote is read to the bit, whatever lies how in memory; what wants to run something is
 * refused by name and runs nothing; what is damaged gives a DataError, and soon.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Zippable, zipSync } from "fflate";
import { DataError, Generator } from "mien";
import { afterAll, describe, expect, test } from "vitest";
import { processorSeconds } from "../../../../test/support/processor-time.ts";
import { decodePth, type HostState, readPth } from "./pth.ts";
import { runPython, whyNoModule } from "./python-for-tests.ts";

/** Made by state-dict.py, which stands beside it. */
const fixture = readFileSync(fileURLToPath(new URL("fixtures/state-dict.pth", import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), "mien-pth-"));
afterAll(() => rmSync(folder, { recursive: true }));

// ---- pickles by hand ----

const u32 = (n: number) => Buffer.from(Uint32Array.of(n).buffer).toString("latin1");
/** A text, an int, a list of ints as a tuple. */
const text = (s: string) => `X${u32(Buffer.byteLength(s))}${s}`;
const int = (n: number) => `J${u32(n)}`;
const tuple = (...items: string[]) => `(${items.join("")}t`;
const ints = (list: readonly number[]) => tuple(...list.map(int));
const global = (module: string, name: string) => `c${module}\n${name}\n`;
const storage = (key = "0", type = "FloatStorage") =>
  `${tuple(text("storage"), global("torch", type), text(key), text("cpu"), int(0))}Q`;
const tensor = (shape: readonly number[], strides: readonly number[], offset = 0, from = storage()) =>
  `${global("torch._utils", "_rebuild_tensor_v2")}${tuple(from, int(offset), ints(shape), ints(strides), "\x89", "N")}R`;
/** A dictionary of one item. */
const dict = (key: string, value: string) => `}${text(key)}${value}s`;

/** A file as torch.save lays it out, of a pickle and a storage of four floats. */
function pth(pickle: string, more: Zippable = {}): Uint8Array {
  const files = { "a/data.pkl": Buffer.from(`\x80\x02${pickle}.`, "latin1"), "a/data/0": new Uint8Array(16) };
  return zipSync({ ...files, ...more }, { level: 0 });
}

/** What a file is refused with. Anything but a DataError fails the test. */
function refusal(bytes: Uint8Array): string {
  let state: HostState;
  try {
    state = decodePth(bytes, "x.pth");
  } catch (error) {
    expect(error).toBeInstanceOf(DataError);
    return (error as Error).message;
  }
  throw new Error(`read as ${[...state.keys()]}`);
}

// ---- tests ----

describe("what PyTorch wrote", () => {
  const values: Record<string, [dtype: string, shape: number[], data: number[]]> = {
    grid: ["float32", [3, 4], [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 2.75]],
    turned: ["float32", [4, 3], [0, 1, 2, 0.25, 1.25, 2.25, 0.5, 1.5, 2.5, 0.75, 1.75, 2.75]],
    part: ["float32", [2, 2], [1.25, 1.5, 2.25, 2.5]],
    repeated: ["float32", [2, 3], [1.5, 1.5, 1.5, 1.5, 1.5, 1.5]],
    parameter: ["float32", [2], [0.5, -0.5]],
    scalar: ["float32", [], [3.5]],
    empty: ["float32", [0, 3], []],
    double: ["float64", [1], [0.1]],
    half: ["float32", [3], [1.5, -(2 ** -24), Number.POSITIVE_INFINITY]],
    bfloat: ["float32", [1], [-2.5]],
    long: ["int32", [2], [-(2 ** 31), 7]],
    int: ["int32", [1], [-7]],
    short: ["int32", [1], [-300]],
    char: ["int32", [1], [-128]],
    byte: ["uint8", [1], [255]],
    bool: ["bool", [2], [1, 0]],
  };

  test("names, types, shapes and values", () => {
    const state = decodePth(fixture, "state-dict.pth");
    const got = Array.from(state, ([name, { dtype, shape, data }]) => [name, [dtype, shape, [...data]]]);
    expect(Object.fromEntries(got)).toEqual(values);
    expect([...state.keys()]).toEqual(Object.keys(values));
  });

  test.each(["model_state_dict", "state_dict", "model"])("a checkpoint with the weights under %s", (key) => {
    const bytes = pth(`}(${text("epoch")}${int(3)}${text(key)}${dict("w", tensor([2], [1]))}u`);
    expect([...decodePth(bytes, "x.pth").keys()]).toEqual(["w"]);
  });

  test("from a path", async () => {
    const path = fileURLToPath(new URL("fixtures/state-dict.pth", import.meta.url));
    expect((await readPth(path)).size).toBe(16);
    await expect(readPth(join(folder, "none.pth"))).rejects.toThrow(
      /^pth: cannot read .*none\.pth, got ENOENT$/,
    );
  });
});

describe("what wants to run something", () => {
  const canary = join(folder, "executed");
  const command = `touch ${canary}`;
  const python = `__import__("os").system("${command}")`;
  test.each([
    ["os.system", "os.system", `${global("os", "system")}${tuple(text(command))}R`],
    ["posix.system, protocol 4", "posix.system", `\x8c\x05posix\x8c\x06system\x93${tuple(text(command))}R`],
    ["eval", "builtins.eval", `${global("builtins", "eval")}${tuple(text(python))}R`],
    ["exec, of Python 2", "__builtin__.exec", `${global("__builtin__", "exec")}${tuple(text(python))}R`],
    ["__import__", "builtins.__import__", `${global("builtins", "__import__")}${tuple(text("os"))}R`],
    ["subprocess, as an instance", "subprocess.Popen", `(${text(command)}isubprocess\nPopen\n`],
    [
      "subprocess, as a new object",
      "subprocess.Popen",
      `${global("subprocess", "Popen")}${tuple(text(command))}\x81`,
    ],
    ["getattr", "builtins.getattr", `${global("builtins", "getattr")}${tuple(text("os"), text("system"))}R`],
    ["a whole model", "__main__.EmotionCNN", `${global("__main__", "EmotionCNN")})\x81`],
    [
      "JavaScript's eval",
      "globalThis.eval",
      `${global("globalThis", "eval")}${tuple(text("process.exit(3)"))}R`,
    ],
    ["a prototype", "constructor.constructor", `${global("constructor", "constructor")}${tuple(text("1"))}R`],
  ])("%s", (_, name, payload) => {
    expect(refusal(pth(payload))).toContain(`it names ${name}, which is neither`);
    expect(refusal(pth(dict("w", payload)))).toContain(
      "nothing was run. Help: in Python, save the weights alone",
    );
    expect(existsSync(canary)).toBe(false);
  });

  test("control characters of a name do not reach the terminal", () => {
    expect(refusal(pth(global("a\x1b[2J", "b")))).toContain("it names a?[2J.b,");
  });
});

describe("what plays tricks on the parser", () => {
  const build = (target: string, key: string, value: string) => `${target}${dict(key, value)}b`;
  const rebuild = global("torch._utils", "_rebuild_tensor_v2");
  test.each([
    ["a prototype set on a tensor", dict("w", build(tensor([2], [1]), "__proto__", "}")), /not extensible/],
    ["a shape set on a tensor", dict("w", build(tensor([2], [1]), "shape", ints([9]))), /not extensible/],
    ["a function given a method", dict("w", build(rebuild, "__setstate__", rebuild)), /not extensible/],
    ["an element type changed", build(global("torch", "FloatStorage"), "size", int(1)), /read only/],
    ["a dictionary disguised as a tensor", dict("w", `(${text("__proto__")}${tensor([2], [1])}d`), /private/],
    ["an element type called", `${global("torch", "FloatStorage")})R`, /not a function/],
    ["a text of negative length, which would go back for ever", `B${u32(-5)}`, /an item of -5 bytes/],
    ["a number of 100,000 bytes", `\x8b${u32(1e5)}${"\x01".repeat(1e5)}`, /an item of 100000 bytes/],
    ["a stack that is empty", "0000R", /damaged/],
    ["a mark that is missing", "tu", /damaged/],
    ["a reference to nothing", "h\x09s", /damaged/],
    ["an extension", "\x82\x01", /extension code/],
  ])("%s", (_, pickle, message) => {
    expect(refusal(pth(pickle))).toMatch(message);
  });

  test("what a file did is gone when the next one is read", () => {
    expect(decodePth(pth(dict("w", tensor([2, 2], [1, 2]))), "x.pth").get("w")!.shape).toEqual([2, 2]);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("what does not fit together", () => {
  test.each([
    ["a view beyond its storage", dict("w", tensor([5], [1])), /ends at element 5 of a storage, which has 4/],
    ["an offset beyond it", dict("w", tensor([1], [1], 4)), /ends at element 5/],
    ["strides beyond it", dict("w", tensor([2, 2], [3, 1])), /ends at element 5/],
    ["a negative offset", dict("w", tensor([1], [1], -1)), /sizes that are no whole numbers/],
    ["a negative extent", dict("w", tensor([-1], [1])), /sizes that are no whole numbers/],
    ["too few strides", dict("w", tensor([2, 2], [1])), /sizes that are no whole numbers/],
    [
      "a view repeated without end",
      dict("w", tensor([2 ** 30, 2 ** 30], [0, 0])),
      /expected at most one for each/,
    ],
    ["a storage that is not there", dict("w", tensor([1], [1], 0, storage("7"))), /the storage 7 is missing/],
    [
      "an unknown element type",
      dict("w", tensor([1], [1], 0, storage("0", "QInt8Storage"))),
      /it names torch.QInt8Storage/,
    ],
    [
      "a persistent id of something else",
      dict("w", `${text("module")}Q`),
      /refers to something that is no storage/,
    ],
    ["a list", "]", /it holds no dictionary/],
    ["an empty dictionary", "}", /got the keys \(none\)/],
    ["a dictionary of numbers", dict("epoch", int(1)), /got the keys epoch, expected tensors alone/],
    ["a number as a name", `}${int(1)}${tensor([1], [1])}s`, /a name in it is no text/],
  ])("%s", (_, pickle, message) => {
    expect(refusal(pth(pickle))).toMatch(message);
  });

  const good = dict("w", tensor([1], [1]));
  test.each([
    [
      "an int64 that int32 does not hold",
      pth(dict("w", tensor([1], [1], 0, storage("1", "LongStorage"))), {
        "a/data/1": new Uint8Array(8).fill(100),
      }),
      /expected one that fits int32/,
    ],
    ["big-endian numbers", pth(good, { "a/byteorder": Buffer.from("big") }), /big-endian/],
    ["two archives in one", pth(good, { "b/data.pkl": Buffer.from(".") }), /several archives/],
    ["a compressed part", pth(good, { "a/data/1": [new Uint8Array(1000), { level: 9 }] }), /is compressed/],
    [
      "a pickle of 2 MB",
      pth(`${"N0".repeat(1 << 20)}${good}`),
      /the pickle has \d+ bytes, expected at most 1048576/,
    ],
    ["a zip of something else", zipSync({ "readme.txt": new Uint8Array(3) }), /a zip without data\.pkl/],
    ["a pickle alone", Buffer.from(`\x80\x02${good}.`, "latin1"), /before 1\.6, or a bare pickle/],
    ["a tar", Buffer.from(`${"\0".repeat(257)}ustar`), /before 1\.6/],
    ["a text", Buffer.from("weights"), /does not begin like a zip/],
    ["nothing", new Uint8Array(0), /does not begin like a zip/],
  ] as [string, Uint8Array, RegExp][])("%s", (_, bytes, message) => {
    expect(refusal(bytes)).toMatch(message);
  });
});

describe("damage", () => {
  test("every truncation of a file is refused", () => {
    for (let length = 0; length < fixture.length; length++) {
      expect(refusal(fixture.subarray(0, length))).toMatch(/^pth: cannot use x\.pth: /);
    }
  });

  test("3,000 files with bytes changed: read or refused, none over a second", () => {
    const generator = new Generator(1);
    let refused = 0;
    for (let trial = 0; trial < 3000; trial++) {
      const bytes = fixture.slice();
      for (let change = 0; change <= trial % 4; change++) {
        bytes[Math.floor(generator.uniform(0, bytes.length))] = Math.floor(generator.uniform(0, 256));
      }
      const seconds = processorSeconds(() => {
        try {
          decodePth(bytes, "x.pth");
        } catch (error) {
          expect(error).toBeInstanceOf(DataError);
          refused++;
        }
      });
      expect(seconds).toBeLessThan(1);
    }
    expect(refused).toBeGreaterThan(300);
  });
});

// ---- with PyTorch ----

const reason = whyNoModule("torch");
describe.skipIf(reason)(`files made now${reason ? ` (${reason})` : ""}`, () => {
  const make = (name: string, code: string): string => {
    const path = join(folder, name);
    const lines = ["import sys, torch, torch.nn as nn", "torch.manual_seed(0)", "path = sys.argv[1]", code];
    return runPython(lines.join("\n"), path);
  };

  test("a layer's state dict, and a checkpoint with its optimizer", async () => {
    const layer = "m = nn.Conv2d(3, 4, 3); print(m.weight.sum().item(), m.bias.sum().item())";
    const sums = make("layer.pth", `${layer}; torch.save(m.state_dict(), path)`);
    const checkpoint =
      "o = torch.optim.Adam(m.parameters()); m(torch.ones(1, 3, 5, 5)).sum().backward(); o.step()\n" +
      "torch.save({'epoch': 3, 'model_state_dict': m.state_dict(), 'optimizer': o.state_dict(), 'best': 0.75}, path)";
    make("checkpoint.pth", `${layer}; ${checkpoint}`);
    const state = await readPth(join(folder, "layer.pth"));
    const got = Array.from(state.values(), ({ data }) =>
      (data as Float32Array).reduce((sum, value) => sum + value, 0),
    );
    for (const [i, sum] of sums.trim().split(" ").map(Number).entries()) expect(got[i]).toBeCloseTo(sum, 5);
    expect([...(await readPth(join(folder, "checkpoint.pth"))).keys()]).toEqual(["weight", "bias"]);
  });

  test.each([
    ["whole.pth", "torch.save(nn.Linear(2, 2), path)", /it names torch\.nn\.modules\.linear\.Linear/],
    ["script.pt", "torch.jit.save(torch.jit.script(nn.Linear(2, 2)), path)", /it names __torch__\./],
    [
      "old.pth",
      "torch.save(nn.Linear(2, 2).state_dict(), path, _use_new_zipfile_serialization=False)",
      /before 1\.6/,
    ],
  ])("%s is refused", async (name, code, message) => {
    make(name, code);
    await expect(readPth(join(folder, name))).rejects.toThrow(message);
  });
});
