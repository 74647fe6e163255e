import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Conv2d, DataError, Flatten, Linear, Module, openDevice, ReLU, Sequential, type Tensor } from "mien";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EmotionCNN } from "../model.ts";
import { encodeModel } from "../model-file.ts";
import { describeModel, describeModule, formatModelInfo, formatModuleInfo } from "./info-model.ts";

const device = await openDevice("reference");
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "mien-info-"));
});

afterAll(async () => {
  device.dispose();
  await rm(folder, { recursive: true });
});

describe("describeModule", () => {
  test("counts parameters and MACs of each layer", () => {
    const model = new Sequential(
      new Conv2d(2, 6, 3, { stride: 2, groups: 2, device }),
      new ReLU(),
      new Flatten(),
      new Linear(6 * 4 * 4, 5, { bias: false, device }),
    );
    const { layers, parameters, macs } = describeModule(model, [2, 2, 9, 9]);
    expect(layers).toEqual([
      { name: "0", type: "Conv2d", outputShape: [2, 6, 4, 4], parameters: 60, macs: 2 * 6 * 16 * 9 },
      { name: "1", type: "ReLU", outputShape: [2, 6, 4, 4], parameters: 0, macs: 0 },
      { name: "2", type: "Flatten", outputShape: [2, 96], parameters: 0, macs: 0 },
      { name: "3", type: "Linear", outputShape: [2, 5], parameters: 480, macs: 2 * 5 * 96 },
    ]);
    expect(parameters).toBe(540);
    expect(macs).toBe(1728 + 960);
  });

  test("a layer that runs twice does its work twice and has its parameters once", () => {
    class Twice extends Module {
      readonly layer = new Linear(3, 3, { device });
      override forward(x: Tensor): Tensor {
        return this.layer.forward(this.layer.forward(x));
      }
    }
    const { layers, parameters, macs } = describeModule(new Twice(), [1, 3]);
    expect(layers.map((layer) => layer.parameters)).toEqual([12, 0]);
    expect(parameters).toBe(12);
    expect(macs).toBe(18);
  });

  test("leaves hooks and modes as they were", () => {
    const model = new EmotionCNN({ device, imageSize: 8 });
    model.classifier.eval();
    describeModule(model, [1, 3, 8, 8]);
    expect(model.training).toBe(true);
    expect(model.classifier.training).toBe(false);
    expect(Object.hasOwn(model.features[0]!, "forward")).toBe(false);
  });
});

describe("describeModel", () => {
  test("tells all about a file with the default network", async () => {
    const path = join(folder, "best_model.safetensors");
    await writeFile(
      path,
      await encodeModel(new EmotionCNN({ device }), { epoch: 7, metrics: { valAccuracy: 0.66 } }),
    );
    const info = await describeModel(path);
    expect(info.parameters).toBe(595_076);
    // 48*48*16*27 + 48*48*32*144 + 18432*32 + 32*4
    expect(info.macs).toBe(995_328 + 10_616_832 + 589_824 + 128);
    expect(info.layers.map(({ type }) => type)).toEqual([
      "Conv2d",
      "LeakyReLU",
      "Conv2d",
      "LeakyReLU",
      "MaxPool2d",
      "Flatten",
      "Linear",
      "LeakyReLU",
      "Linear",
    ]);
    expect(info.layers.at(-1)?.outputShape).toEqual([1, 4]);
    expect(info.training).toEqual({ epoch: 7, metrics: { valAccuracy: 0.66 } });
    expect(formatModuleInfo(info)).toBe(
      [
        "layer         type       output           parameters        MACs",
        "------------  ---------  ---------------  ----------  ----------",
        "input                    [1, 3, 48, 48]",
        "features.0    Conv2d     [1, 16, 48, 48]         448     995,328",
        "features.1    LeakyReLU  [1, 16, 48, 48]           0           0",
        "features.2    Conv2d     [1, 32, 48, 48]       4,640  10,616,832",
        "features.3    LeakyReLU  [1, 32, 48, 48]           0           0",
        "features.4    MaxPool2d  [1, 32, 24, 24]           0           0",
        "classifier.0  Flatten    [1, 18432]                0           0",
        "classifier.1  Linear     [1, 32]             589,856     589,824",
        "classifier.2  LeakyReLU  [1, 32]                   0           0",
        "classifier.3  Linear     [1, 4]                  132         128",
        "total                                        595,076  12,202,112",
      ].join("\n"),
    );
    const text = formatModelInfo(info);
    expect(text).toMatch(
      /best_model\.safetensors: 2,38\d,\d+ bytes, 595,076 parameters, 12\.2 million MACs an image/,
    );
    expect(text).toMatch(/^training\.epoch +7$/m);
    expect(text).toMatch(/^training\.metrics\.valAccuracy +0\.66$/m);
    expect(text).toMatch(/^architecture +EmotionCNN$/m);
  });

  test("says what is wrong with a file", async () => {
    const broken = join(folder, "broken.safetensors");
    await writeFile(broken, "not a model");
    await expect(describeModel(broken)).rejects.toThrow(DataError);
    await expect(describeModel(broken)).rejects.toThrow(/broken\.safetensors/);
    await expect(describeModel(join(folder, "none.safetensors"))).rejects.toThrow(
      /info: cannot read .*none\.safetensors, got ENOENT/,
    );
  });
});
