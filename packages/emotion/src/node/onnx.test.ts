/**
 * ONNX files: onnxruntime gives our logits, for any batch size and any network of the layers there are; what is more
 * than its layers is refused. Skipped, with a reason, where there is no onnxruntime or no Python with onnx.
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ArgumentError,
  Conv2d,
  Flatten,
  Generator,
  LeakyReLU,
  Linear,
  MaxPool2d,
  Module,
  openDevice,
  ReLU,
  randn,
  relu,
  Sequential,
  scope,
  type Tensor,
} from "mien";
import { afterAll, describe, expect, test } from "vitest";
import { likeliest } from "../evaluate.ts";
import { EmotionCNN } from "../model.ts";
import { EmotionMobileNet } from "../networks/mobilenet.ts";
import { EmotionResNet } from "../networks/resnet.ts";
import { encodeModelOnnx, encodeOnnx } from "./onnx.ts";
import { faceBatches, parityOf, randomBatch, whyNoRuntime } from "./onnx-for-tests.ts";
import { decodeProto } from "./onnx-schema.ts";
import { runPython, whyNoModule } from "./python-for-tests.ts";

const device = await openDevice("cpu", { threads: 1 });
const generator = new Generator(3);
const at = { device, generator };
afterAll(() => device.dispose());

describe.skipIf(whyNoRuntime)(`beside onnxruntime${whyNoRuntime ? ` (${whyNoRuntime})` : ""}`, () => {
  test("EmotionCNN on 64 built-in faces, in batches of 1, 7 and 56", async () => {
    using model = new EmotionCNN(at);
    const bytes = await encodeModelOnnx(model, { probabilities: true });
    const { ours, theirs, difference, largest } = await parityOf(
      model,
      bytes,
      device,
      faceBatches([1, 7, 56]),
    );
    console.log(
      `64 faces: logits up to ${largest.toFixed(2)}, largest difference ${difference.toExponential(2)}`,
    );
    expect(ours).toHaveLength(64 * 4);
    expect(difference).toBeLessThanOrEqual(1e-5);
    expect(likeliest(theirs)).toEqual(likeliest(ours));
  });

  test.each([
    ["EmotionResNet", () => new EmotionResNet({ widths: [4, 6, 8, 10], ...at })],
    ["EmotionMobileNet", () => new EmotionMobileNet(at)],
  ])("%s, with running statistics of its own", async (_, make) => {
    using model = make();
    // In training mode a pass moves the running statistics away from 0 and 1.
    for (let pass = 0; pass < 3; pass++) {
      scope(() => void model.forward(randn([4, 3, 48, 48], { ...at, device }).add(1)));
    }
    const bytes = await encodeModelOnnx(model);
    const { ours, difference, largest } = await parityOf(model, bytes, device, faceBatches([1, 7]));
    expect(ours).toHaveLength(8 * 4);
    expect(difference / largest).toBeLessThanOrEqual(1e-5);
  });

  const chains: [name: string, inputShape: number[], layers: Module[]][] = [
    [
      "strides, dilation, groups, no bias",
      [4, 13, 11],
      [
        new Conv2d(4, 6, [3, 2], {
          ...at,
          stride: [2, 1],
          padding: [1, 0],
          dilation: [1, 2],
          groups: 2,
          bias: false,
        }),
      ],
    ],
    [
      "padding by name, even windows",
      [2, 9, 8],
      [
        new Conv2d(2, 3, [4, 2], { ...at, padding: "same" }),
        new Conv2d(3, 2, 3, { ...at, padding: "valid" }),
      ],
    ],
    [
      "pooling over the edge",
      [2, 9, 10],
      [new MaxPool2d([3, 2], { stride: [2, 3], padding: 1 }), new MaxPool2d(2, { stride: 1, dilation: 2 })],
    ],
    [
      "pooling that rounds up",
      [2, 9, 12],
      [
        new MaxPool2d(3, { stride: 2, padding: 1, ceilMode: true }),
        new MaxPool2d(2, { ceilMode: true }),
        new MaxPool2d(2, { stride: 3, padding: 1, ceilMode: true }),
      ],
    ],
    [
      "ReLU, LeakyReLU, dense without bias",
      [5],
      [new Linear(5, 7, at), new ReLU(), new Linear(7, 3, { ...at, bias: false }), new LeakyReLU()],
    ],
    [
      "one inside the other",
      [3, 6, 6],
      [
        new Sequential(new Conv2d(3, 2, 3, at), new ReLU()),
        new Flatten(1, 3),
        new Sequential(new Linear(32, 2, at)),
      ],
    ],
  ];
  test.each(chains)("%s", async (_, inputShape, layers) => {
    using model = new Sequential(...layers);
    const bytes = await encodeOnnx(model, { inputShape });
    const batches = [1, 3].map((count) => randomBatch([count, ...inputShape], generator));
    expect((await parityOf(model, bytes, device, batches)).difference).toBeLessThanOrEqual(1e-5);
  });

  test("a layer that runs twice", async () => {
    const layer = new Linear(4, 4, at);
    using model = new Sequential(layer, new ReLU(), layer);
    const bytes = await encodeOnnx(model, { inputShape: [4] });
    const { node, initializer } = decodeProto(bytes).graph;
    expect(node.map(({ name }) => name)).toEqual(["0", "1", "0#2"]);
    expect(initializer).toHaveLength(2);
    expect((await parityOf(model, bytes, device, [randomBatch([2, 4], generator)])).difference).toBeLessThan(
      1e-5,
    );
  });
});

describe("what is written", () => {
  test("the file says what goes in and out, and what it means", async () => {
    using model = new EmotionCNN({ imageSize: 8, ...at });
    const { ir_version, opset_import, metadata_props, graph } = decodeProto(await encodeModelOnnx(model));
    expect([ir_version, opset_import[0]!.version]).toEqual([8, 17]);
    const metadata = Object.fromEntries(metadata_props.map(({ key, value }) => [key, value]));
    expect(JSON.parse(metadata["classes"]!)).toEqual(["happy", "neutral", "sad", "surprise"]);
    expect(JSON.parse(metadata["normalisation"]!)).toEqual({
      mean: [0.485, 0.456, 0.406],
      std: [0.229, 0.224, 0.225],
    });
    expect([metadata["architecture"], metadata["image_size"]]).toEqual(["EmotionCNN", "8"]);
    const shapeOf = ({ type }: (typeof graph.input)[number]) =>
      type.tensor_type.shape.dim.map((dim) => ("dim_param" in dim ? dim.dim_param : dim.dim_value));
    expect(graph.input.map((value) => [value.name, shapeOf(value)])).toEqual([["images", ["N", 3, 8, 8]]]);
    expect(graph.output.map((value) => [value.name, shapeOf(value)])).toEqual([["logits", ["N", 4]]]);
    expect(graph.node.map(({ op_type }) => op_type).join(" ")).toBe(
      "Conv LeakyRelu Conv LeakyRelu MaxPool Flatten Gemm LeakyRelu Gemm",
    );
    expect(graph.initializer.map(({ name }) => name)).toEqual([...model.stateDict().keys()]);
    const { output } = decodeProto(await encodeModelOnnx(model, { probabilities: true })).graph;
    expect(output.map(({ name }) => name)).toEqual(["logits", "probabilities"]);
  });

  test("the model is left as it was", async () => {
    using model = new EmotionCNN({ imageSize: 8, ...at });
    model.classifier.eval();
    const before = device.stats().liveBuffers;
    await encodeModelOnnx(model);
    expect(device.stats().liveBuffers).toBe(before);
    expect([model.training, model.features.training, model.classifier.training]).toEqual([true, true, false]);
    for (const layer of model.modules()) expect(Object.hasOwn(layer, "forward")).toBe(false);
  });
});

describe("what is more than known layers", () => {
  class Strange extends Module {
    readonly first = new Linear(4, 4, at);
    readonly second = new Linear(4, 4, at);
    readonly #join: (strange: Strange, x: Tensor) => Tensor;

    constructor(join: (strange: Strange, x: Tensor) => Tensor) {
      super();
      this.#join = join;
    }

    override forward(x: Tensor): Tensor {
      return this.#join(this, x);
    }
  }
  class Dropout extends Module {
    override forward(x: Tensor): Tensor {
      return x.mul(1);
    }
  }
  const forward = (join: (strange: Strange, x: Tensor) => Tensor) => new Strange(join);
  test.each([
    [
      "a function between layers",
      forward(({ first, second }, x) => second.forward(relu(first.forward(x)))),
      /between first and second/,
    ],
    ["a function at the end", forward(({ first }, x) => relu(first.forward(x))), /between first and the end/],
    [
      "a branch",
      forward(({ first, second }, x) => first.forward(x).add(second.forward(x))),
      /between second and the end.* Help: .* such as Add for a sum/,
    ],
    ["no layer at all", forward((_, x) => x), /between the input and the end/],
    [
      "an unknown layer",
      new Sequential(new Dropout()),
      /layer 0 has no ONNX form here, got Dropout of input \[1, 4\]/,
    ],
    [
      "another flatten",
      new Sequential(new Flatten(0, 1)),
      /layer 0 .* got Flatten .* expected Conv2d, BatchNorm2d/,
    ],
  ])("%s", async (_, model, message) => {
    await expect(encodeOnnx(model, { inputShape: [4] })).rejects.toThrow(ArgumentError);
    await expect(encodeOnnx(model, { inputShape: [4] })).rejects.toThrow(message);
  });
});

// ---- with Python's onnx ----

const whyNot = whyNoModule("onnx");
test.skipIf(whyNot)(`onnx.checker passes the file${whyNot ? ` (${whyNot})` : ""}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), "mien-onnx-"));
  const path = join(folder, "model.onnx");
  using model = new EmotionCNN(at);
  writeFileSync(path, await encodeModelOnnx(model, { probabilities: true }));
  const code =
    "import onnx, sys; onnx.checker.check_model(onnx.load(sys.argv[1]), full_check=True); print('passed')";
  const said = runPython(code, path);
  rmSync(folder, { recursive: true });
  expect(said).toBe("passed\n");
});
