/**
 * Bad flags, configurations and checkpoints: which message, which exit code.
 */

import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format } from "node:util";
import { EmotionCNN, encodeModel } from "@mien/emotion";
import { openDevice } from "mien";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { writeFacesFolder } from "./support/faces-folder.ts";
import { root, runEntry } from "./support/program.ts";

let work: string;
beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), "mien-bad-usage-"));
  await writeFacesFolder(join(work, "faces"), 2);
  await mkdir(join(work, "models"));
  await mkdir(join(work, "no-images"));
  const device = await openDevice("cpu", { threads: 1 });
  const bytes = await encodeModel(new EmotionCNN({ device }), {});
  device.dispose();
  await writeFile(join(work, "models", "best_model.safetensors"), bytes);
  await copyFile(
    join(work, "models", "best_model.safetensors"),
    join(work, "models", "last_model.safetensors"),
  );
  await writeFile(join(work, "a-file"), "");
  await writeFile(join(work, "unknown-key.json"), '{ "epoch": 3 }');
  await writeFile(join(work, "wrong-type.json"), '{ "epochs": "many", "rotation": -3 }');
  await writeFile(join(work, "no-object.json"), "[1]");
  await writeFile(join(work, "broken.json"), "{");
  await writeFile(join(work, "prototype.json"), '{ "__proto__": { "epochs": 3 } }');
});
afterAll(() => rm(work, { recursive: true, force: true }));

/** Arguments of `mien`, exit code, and what standard error must say. */
const cases: [args: string, code: number, message: RegExp][] = [
  ["trian", 2, /unknown command 'trian'.*\n.*train/],
  ["train --batch-size 0", 2, /batchSize \(from --batch-size\): got 0/],
  ["train --seed 1.5", 2, /seed \(from --seed\): got 1.5, .*int/],
  ["train --crop-scale 0.5", 2, /cropScale \(from --crop-scale\): got \[0.5\]/],
  ["train --scheduler step", 2, /'step' is invalid.*plateau, cosine, none/],
  ["train --threads 0", 2, /threads \(from --threads\): got 0/],
  ["train --epochs NaN", 2, /epochs \(from --epochs\): got "NaN"/],
  ["train --config nowhere.json", 2, /config: there is no file nowhere\.json/],
  ["train --config unknown-key.json", 2, /config: unknown-key\.json: .*"epoch"/],
  [
    "train --config wrong-type.json",
    2,
    /epochs \(from wrong-type\.json\): got "many".*rotation \(from wrong-type\.json\): got -3/,
  ],
  ["train --config no-object.json", 2, /no-object\.json holds no object/],
  ["train --config broken.json", 2, /cannot load broken\.json/],
  ["train --config prototype.json", 2, /prototype\.json: .*__proto__/],
  ["train --data a-file", 1, /not a folder/],
  [
    "train --data faces --resume --models none-yet",
    1,
    /model: cannot read none-yet.last_model\.safetensors, got ENOENT/,
  ],
  ["train --data faces --resume", 1, /resume: .* models.last_model\.safetensors: it holds no training state/],
  ["train --device cpu --data faces --epochs 1 --models a-file/models", 1, /a-file.*ENOTDIR/],
  ["train --model vgg", 2, /'--model <name>'.*'vgg' is invalid.* emotion-cnn, resnet, mobilenet/],
  [
    "train --model resnet --hidden-size 8",
    2,
    /train: --hidden-size is for emotion-cnn alone, got model resnet/,
  ],
  [
    "train --device cpu --matmul-precision medium",
    2,
    /train: --matmul-precision medium is for webgpu alone, got --device cpu/,
  ],
  ...["evaluate", "predict a-file"].flatMap((line): typeof cases => {
    const [command] = line.split(" ");
    return ["cpu", "reference"].map((device) => [
      `${line} --device ${device} --matmul-precision medium`,
      2,
      new RegExp(`${command}: --matmul-precision medium is for webgpu alone, got --device ${device}`),
    ]);
  }),
  ["evaluate --model a-file", 1, /model: cannot use a-file/],
  ["evaluate --split tests", 2, /'tests' is invalid.*train, validation, test/],
  ["predict", 2, /predict: got no image, expected files or folders, as in: mien predict face\.jpg/],
  ["predict no-images", 2, /there is no image in no-images/],
  ["predict --image nowhere.jpg", 1, /nowhere\.jpg.*ENOENT/],
  ["predict --image a-file", 1, /a-file.*empty file/],
  ["dedupe", 2, /dedupe: expected a folder/],
  ["dedupe --apply --undo manifest.json", 2, /cannot be used with/],
  ["info nowhere", 1, /info: cannot look at nowhere, got ENOENT/],
  ["convert models/best_model.safetensors --to model.h5", 2, /model\.h5/],
  ["convert models/best_model.safetensors --to model.onnx --float16", 2, /--float16 is for safetensors/],
];

const MAIN = "packages/emotion/src/node/main.ts";

function expectRefusal(stderr: string, code: unknown, expected: number, message: RegExp): void {
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^\s+at .*\.[cm]?[jt]s:/m);
  expect(code).toBe(expected);
}

// Starting a program takes a second, and what it says does not depend on it: so one does, and the others run in here.
test("the program mien itself", async () => {
  const [args, expected, message] = cases[0]!;
  const { stderr, code } = await runEntry(MAIN, args.split(" "), { cwd: work });
  expectRefusal(stderr, code, expected, message);
});

describe("the same in this process", () => {
  const { argv } = process;
  const before = process.cwd();
  beforeAll(() => process.chdir(work));
  afterAll(() => {
    process.chdir(before);
    process.argv = argv;
  });

  test.each(cases)("mien %s", async (args, expected, message) => {
    let stderr = "";
    const say = (text: unknown): boolean => {
      stderr += text;
      return true;
    };
    const spies = [
      vi.spyOn(process.stderr, "write").mockImplementation(say),
      vi.spyOn(console, "error").mockImplementation((...words) => void say(`${format(...words)}\n`)),
      vi.spyOn(console, "log").mockImplementation(() => {}),
    ];
    process.argv = ["node", "mien", ...args.split(" ")];
    process.exitCode = undefined;
    try {
      // With another query it is another module, which runs again.
      await import(/* @vite-ignore */ `${root}/${MAIN}?${encodeURIComponent(args)}`);
      expectRefusal(stderr, process.exitCode, expected, message);
    } finally {
      process.exitCode = undefined;
      for (const spy of spies) spy.mockRestore();
    }
  });
});
