/**
 * `mien convert`, as the program calls it: from a state dict with PyTorch's names to safetensors and on to ONNX.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  encodeSafetensors,
  Generator,
  type HostTensor,
  noGrad,
  openDevice,
  randn,
  scope,
  tensor,
  toHost,
} from "mien";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { EmotionCNN } from "../../model.ts";
import { decodeModel, encodeModel } from "../../model-file.ts";
import { EmotionResNet } from "../../networks/resnet.ts";
import { UsageError } from "../config.ts";
import { whyNoRuntime } from "../onnx-for-tests.ts";
import { decodeProto } from "../onnx-schema.ts";
import { runPython, whyNoModule } from "../python-for-tests.ts";
import { convertCommand } from "./convert.ts";

const folder = mkdtempSync(join(tmpdir(), "mien-convert-"));
const at = (name: string) => join(folder, name);
const device = await openDevice("cpu", { threads: 1 });
const sizes = { imageSize: 12, convChannels: [4, 6], hidden: 8 } as const;
const model = new EmotionCNN({ ...sizes, device, generator: new Generator(1) });
const weights = await toHost(model.stateDict());

/** The weights as another program would name them, without a word about what they are. */
const foreign = (extra: Record<string, HostTensor> = {}) => {
  const names = ["conv1", "conv2", "fc1", "fc2"].flatMap((name) => [`${name}.weight`, `${name}.bias`]);
  const values = [...weights.values()];
  return encodeSafetensors({ ...Object.fromEntries(names.map((name, i) => [name, values[i]!])), ...extra });
};

beforeAll(async () => {
  writeFileSync(at("ours.safetensors"), await encodeModel(model, { epoch: 7 }));
  writeFileSync(at("foreign.safetensors"), foreign());
});
afterAll(() => {
  device.dispose();
  rmSync(folder, { recursive: true });
});

let said: string;
beforeEach(() => {
  said = "";
  vi.spyOn(console, "log").mockImplementation((line: string) => {
    said += `${line}\n`;
  });
});
afterEach(() => vi.restoreAllMocks());

async function convert(...args: string[]): Promise<void> {
  await convertCommand().exitOverride().parseAsync(args, { from: "user" });
}

/** The model in a file, and what it says of its training. */
async function read(name: string): Promise<{ values: Map<string, HostTensor>; info: unknown }> {
  const { model, info } = decodeModel(readFileSync(at(name)), name, device);
  return { values: await toHost(model.stateDict()), info };
}

test("bare weights become a model of ours, with their sizes", async () => {
  await convert(at("foreign.safetensors"), "--to", at("a.safetensors"));
  expect(await read("a.safetensors")).toEqual({
    values: weights,
    info: { convertedFrom: "foreign.safetensors" },
  });
  expect(said).toContain("network: EmotionCNN, imageSize 12, convChannels 4,6, hidden 8");
  expect(said).toContain("classes happy, neutral, sad, surprise; ImageNet's normalisation");
  expect(said).toMatch(
    /wrote: .*a\.safetensors, [\d,]+ bytes\nchecked: read back, all 8 tensors are the same to the bit\n$/,
  );
});

test("a model of ours keeps what it says of its training", async () => {
  await convert(at("ours.safetensors"), "--to", at("b.safetensors"));
  expect(await read("b.safetensors")).toEqual({ values: weights, info: { epoch: 7 } });
});

test("to ONNX", async () => {
  await convert(at("ours.safetensors"), "--to", at("c.onnx"), "--probabilities");
  expect(decodeProto(readFileSync(at("c.onnx"))).graph.output.map(({ name }) => name)).toEqual([
    "logits",
    "probabilities",
  ]);
  if (whyNoRuntime) expect(said).toContain(`not checked: ${whyNoRuntime}`);
  else
    expect(said).toMatch(
      /checked: onnxruntime gives the same logits \(batches of 1 and 7\), largest difference \d\.\de-\d/,
    );
});

test("a deeper network, ours or under torchvision's names alone", async () => {
  using model = new EmotionResNet({ widths: [2, 3, 4, 5], device });
  scope(() => void model.forward(randn([4, 3, 48, 48], { device }))); // moves the running statistics
  const state = await toHost(model.stateDict());
  writeFileSync(at("resnet.safetensors"), encodeSafetensors(Object.fromEntries(state)));
  await convert(at("resnet.safetensors"), "--to", at("resnet-ours.safetensors"));
  expect(said).toContain("network: EmotionResNet, imageSize 48, widths 2,3,4,5");
  expect((await read("resnet-ours.safetensors")).values).toEqual(state);
  await convert(at("resnet-ours.safetensors"), "--to", at("resnet.onnx"));
  if (!whyNoRuntime) expect(said).toContain("checked: onnxruntime gives the same logits");
});

test("--quiet says nothing", async () => {
  await convert(at("ours.safetensors"), "--to", at("d.safetensors"), "--quiet");
  expect(said).toBe("");
  expect(existsSync(at("d.safetensors"))).toBe(true);
});

/** The network as one would write it in PyTorch, saved to a file; prints its logits for `image(i)`. */
const ORIGINAL = `
import json, sys, torch, torch.nn as nn, torch.nn.functional as F
torch.manual_seed(3)
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(3, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.fc1, self.fc2 = nn.Linear(32 * 24 * 24, 32), nn.Linear(32, 4)
    def forward(self, x):
        x = F.leaky_relu(self.conv2(F.leaky_relu(self.conv1(x), 0.1)), 0.1)
        return self.fc2(F.leaky_relu(self.fc1(F.max_pool2d(x, 2).flatten(1)), 0.1))
net = Net()
torch.save(net.state_dict(), sys.argv[1])
x = (torch.arange(2 * 3 * 48 * 48) * 37 % 101).float() / 25 - 2
print(json.dumps(net(x.reshape(2, 3, 48, 48)).flatten().tolist()))`;
const image = (i: number) => ((i * 37) % 101) / 25 - 2;

const whyNoTorch = whyNoModule("torch");
test.skipIf(whyNoTorch)(`a .pth gives PyTorch's logits${whyNoTorch ? ` (${whyNoTorch})` : ""}`, async () => {
  const expected = JSON.parse(runPython(ORIGINAL, at("original.pth"))) as number[];
  await convert(at("original.pth"), "--to", at("original.safetensors"));
  using converted = decodeModel(readFileSync(at("original.safetensors")), "original", device).model;
  using x = tensor(
    Float32Array.from({ length: 2 * 3 * 48 * 48 }, (_, i) => image(i)),
    { device, shape: [2, 3, 48, 48] },
  );
  using logits = noGrad(() => scope(() => converted.forward(x)));
  const got = await logits.data();
  expect(Math.max(...expected.map((value, i) => Math.abs(value - got[i]!)))).toBeLessThan(1e-5);
  expect(said).toContain("8 tensors (conv1.weight, conv1.bias, conv2.weight");
});

const usage: [name: string, args: string[], message: RegExp][] = [
  [
    "another kind of output",
    [at("ours.safetensors"), "--to", at("x.pth")],
    /--to got .*x\.pth, expected .* \.safetensors, \.onnx/,
  ],
  [
    "another kind of input",
    [at("x.h5"), "--to", at("x.onnx")],
    /input got .*x\.h5, expected .* \.pth, \.pt, \.safetensors/,
  ],
  [
    "onto itself",
    [at("ours.safetensors"), "--to", join(folder, ".", "ours.safetensors")],
    /--to is the input/,
  ],
  [
    "probabilities in safetensors",
    [at("ours.safetensors"), "--to", at("x.safetensors"), "--probabilities"],
    /is for ONNX/,
  ],
];
test.each(usage)("%s is a usage error", async (_, args, message) => {
  await expect(convert(...args)).rejects.toThrow(UsageError);
  await expect(convert(...args)).rejects.toThrow(message);
});

test("input that cannot be used is named, and nothing is written", async () => {
  writeFileSync(at("cut.safetensors"), readFileSync(at("ours.safetensors")).subarray(0, 5000));
  writeFileSync(
    at("more.safetensors"),
    foreign({ more: { dtype: "float32", shape: [1], data: new Float32Array(1) } }),
  );
  const refusals: [string, RegExp][] = [
    ["none.safetensors", /^convert: cannot read .*none\.safetensors, got ENOENT$/],
    ["none.pth", /^pth: cannot read .*none\.pth, got ENOENT$/],
    ["cut.safetensors", /^convert: cannot use .*cut\.safetensors: safetensors: truncated/],
    [
      "more.safetensors",
      /^weights: .*more\.safetensors is not of this EmotionCNN, got 9 tensors, expected 8/,
    ],
  ];
  for (const [name, message] of refusals) {
    await expect(convert(at(name), "--to", at("out.onnx"))).rejects.toThrow(message);
  }
  expect(existsSync(at("out.onnx"))).toBe(false);
});

test("input and --to are required", async () => {
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  await expect(convert()).rejects.toThrow(/missing required argument 'input'|required option/);
  await expect(convert(at("ours.safetensors"))).rejects.toThrow(/required option '--to <file>'/);
});
