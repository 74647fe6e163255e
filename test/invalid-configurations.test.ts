/**
 * Some hundreds of invalid configurations, as flags and as files: each is refused by key, value and expectation, with
 * exit code 2 and without a stack.
 */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format } from "node:util";
import {
  type Config,
  configCommand,
  configSchema,
  evaluateCommand,
  predictCommand,
  runProgram,
  trainCommand,
} from "@mien/emotion/node";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { runEntry } from "./support/program.ts";

interface Wrong {
  /** What stands behind the flag. */
  readonly flags: readonly string[];
  /** What stands in a file. */
  readonly file: readonly unknown[];
}

const INFINITY = "1e999"; // as JSON writes it; read as a number it has no end
const noNumber = { flags: ["many", "NaN", INFINITY, "", "1,2", "0x"], file: ["1", true, [1], {}] };
const numbers = (...outside: number[]): Wrong => ({
  flags: [...noNumber.flags, ...outside.map(String)],
  file: [...noNumber.file, ...outside],
});
const wholes = (...outside: number[]): Wrong => numbers(0.5, -1, 2 ** 53, ...outside);
const share = numbers(-0.1, 1.1, -1);
const choice: Wrong = { flags: ["", "x", "CPU", "none,none"], file: [null, 1, true, [], "x"] };
const onOff: Wrong = { flags: [], file: [null, 0, 1, "yes", "true", []] };
const path: Wrong = { flags: [""], file: [3, true, [], {}, ""] };
const pair = (...outside: string[]): Wrong => ({
  flags: ["", "1", "1,1,1", "a,b", "1,", "1;1", `1,${INFINITY}`, ...outside],
  file: [
    null,
    1,
    "1,1",
    [],
    [1],
    [1, "1"],
    [1, 1, 1],
    [1, null],
    ...outside.map((text) => text.split(",").map(Number)),
  ],
});

/** For every setting, so that a new one is missed. Those that may be null say so by lacking it. */
const wrong: Readonly<Record<keyof Config, Wrong>> = {
  data: { flags: [], file: [3, true, [], {}] },
  device: choice,
  threads: wholes(0, 257),
  matmulPrecision: choice,
  seed: wholes(),
  epochs: wholes(0, 1_000_001),
  batchSize: wholes(0, 65_537),
  learningRate: numbers(0, -1),
  weightDecay: numbers(-1e-9),
  clipGradNorm: numbers(0, -1),
  labelSmoothing: share,
  classWeights: onOff,
  scheduler: choice,
  schedulerFactor: numbers(0, 1, -0.5, 2),
  schedulerPatience: wholes(1_000_001),
  warmupEpochs: numbers(-1),
  earlyStopping: onOff,
  earlyStoppingPatience: wholes(0),
  model: choice,
  imageSize: wholes(3, 513),
  convChannels: pair("0,1", "1,-1", "1,1.5", "1,4097"),
  hiddenSize: wholes(0, 65_537),
  augment: onOff,
  flip: share,
  rotation: numbers(-1, 181),
  cropScale: pair("-0.1,1", "0.5,1.5"),
  brightness: share,
  contrast: share,
  saturation: share,
  hue: numbers(-0.1, 0.6),
  capture: onOff,
  profile: onOff,
  models: path,
  results: path,
  tensorboard: path,
  skipBad: onOff,
};

const flagOf = (key: string) => `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

let work: string;
const before = process.cwd();
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "mien-invalid-"));
  process.chdir(work);
});
afterAll(async () => {
  process.chdir(before);
  await rm(work, { recursive: true });
});

type Command = () => ReturnType<typeof trainCommand>;

/** Runs a command in this process; what it says on standard error is all that is printed. */
async function refusalOf(command: Command, args: readonly string[]): Promise<string> {
  let [stderr, stdout] = ["", ""];
  const spies = [
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      stderr += text;
      return true;
    }),
    vi.spyOn(console, "error").mockImplementation((...words) => {
      stderr += `${format(...words)}\n`;
    }),
    vi.spyOn(console, "log").mockImplementation((...words) => {
      stdout += `${format(...words)}\n`;
    }),
  ];
  const listeners = process.stdout.listeners("error");
  process.exitCode = undefined;
  await runProgram(command(), args);
  const code = process.exitCode;
  for (const listener of process.stdout.listeners("error") as (() => void)[]) {
    if (!listeners.includes(listener)) process.stdout.off("error", listener); // a program adds one for life
  }
  process.exitCode = undefined;
  for (const spy of spies) spy.mockRestore();
  const place = `${args.join(" ")}: ${stderr}`;
  expect(stderr, place).not.toMatch(/^\s+at |internal error/m);
  expect([code, stdout], place).toEqual([2, ""]);
  return stderr;
}

/** The message names the key and where it is from, what it got of what was given, and what is expected. */
function expectNamed(message: string, key: string, source: string, given: string): void {
  const place = `${key} = ${given} in ${source}: ${message}`;
  const [, chosen] = /argument '(.*)' is invalid\. Allowed choices are \w+/.exec(message) ?? [];
  if (chosen !== undefined) {
    expect(message, place).toContain(`option '${source} `);
    expect(chosen, place).toBe(given);
    return;
  }
  const found = new RegExp(
    `^error: config: ${key}[.\\w]* \\(from ${source}\\): got (.+?), .*expected \\w+`,
  ).exec(message);
  expect(found, place).not.toBeNull();
  const bare = (text: string) => text.replace(/[" ]/g, "").replaceAll("null", "");
  const got = bare(found![1]!)
    .replace("Infinity", INFINITY)
    .replace(/^\[|\]$/g, "");
  expect(bare(given).includes(got) || Number(given) === Number(got), `${place}\n${got}`).toBe(true);
}

let count = 0;

test("settings as flags", async () => {
  for (const [key, { flags }] of Object.entries(wrong)) {
    for (const text of flags) {
      expectNamed(await refusalOf(trainCommand, [flagOf(key), text]), key, flagOf(key), text);
      count++;
    }
  }
});

test("settings in a file", async () => {
  for (const [key, { file }] of Object.entries(wrong)) {
    for (const value of file) {
      const text = JSON.stringify(value);
      await writeFile("wrong.json", `{ ${JSON.stringify(key)}: ${text} }`);
      expectNamed(await refusalOf(trainCommand, ["--config", "wrong.json"]), key, "wrong.json", text);
      count++;
    }
  }
});

test("keys that do not exist, each near one that does", async () => {
  for (const key of [
    ...Object.keys(configSchema.shape).map((name) => `${name}_`),
    "__proto__",
    "constructor",
    "toString",
  ]) {
    await writeFile("wrong.json", `{ ${JSON.stringify(key)}: 1 }`);
    expect(await refusalOf(configCommand, ["--config", "wrong.json"])).toMatch(
      new RegExp(
        `^error: config: wrong\\.json: unrecognized key: "${key}"\\. Help: mien config shows all keys`,
      ),
    );
    count++;
  }
  expect(({} as Record<string, unknown>)["epochs"], "no prototype was changed").toBeUndefined();
});

test("flags that do not exist", async () => {
  for (const command of [trainCommand, evaluateCommand, predictCommand, configCommand]) {
    for (const flag of [
      "--epoch",
      "--batchsize",
      "--batch_size",
      "--Device",
      "-x",
      "--no-such",
      "--__proto__",
    ]) {
      expect(await refusalOf(command, [flag, "1"])).toMatch(new RegExp(`^error: unknown option '${flag}'`));
      count++;
    }
  }
});

test("files that are no configuration", async () => {
  for (const text of [
    "",
    "{",
    "[]",
    "null",
    "3",
    '"epochs"',
    "{ epochs: 3 }",
    '{ "epochs": 3, }',
    "\0",
    "\ufeff{",
  ]) {
    await writeFile("wrong.json", text);
    expect(await refusalOf(trainCommand, ["--config", "wrong.json"])).toMatch(
      /^error: config: (cannot load wrong\.json: .+|wrong\.json holds no object, expected .+)/,
    );
    count++;
  }
  for (const missing of ["nowhere.json", "nowhere/config.ts"]) {
    expect(await refusalOf(trainCommand, ["--config", missing])).toContain(
      `config: there is no file ${missing}`,
    );
    count++;
  }
});

test("they are many", () => {
  console.log(`${count} invalid configurations`);
  expect(count).toBeGreaterThan(400);
});

test.each<[args: string, key: string, source: string, given: string]>([
  ["train --batch-size NaN", "batchSize", "--batch-size", "NaN"],
  ["evaluate --device CPU", "device", "--device", "CPU"],
  ["train --crop-scale 1,", "cropScale", "--crop-scale", "1,"],
])("the program itself: mien %s", async (args, key, source, given) => {
  const { code, stderr } = await runEntry("packages/emotion/src/node/main.ts", args.split(" "), {
    cwd: work,
  });
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(code).toBe(2);
  expectNamed(stderr, key, source, given);
});
