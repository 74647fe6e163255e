/**
 * `info MODEL`: what a model is made of, layer by layer, and what it costs.
 *
 * Shapes are not computed but seen: a hook on every layer watches one image pass. So this works for any module, and
 * what it says is what happens. A MAC is one multiplication with its addition, the unit of a network's work.
 */

import { readFile } from "node:fs/promises";
import {
  Conv2d,
  DataError,
  decodeSafetensors,
  Linear,
  type Module,
  noGrad,
  openDevice,
  type Parameter,
  type Shape,
  scope,
  type Tensor,
  zeros,
} from "mien";
import { decodeModel, type ModelInfo } from "../model-file.ts";
import { formatTable } from "./text-table.ts";

export interface LayerInfo {
  /** The path of properties that leads to the layer, as in the state dict: `features.0`. */
  readonly name: string;
  /** The name of its class. */
  readonly type: string;
  readonly outputShape: Shape;
  /** Numbers that are trained, of this layer alone. */
  readonly parameters: number;
  /** Multiplications with addition for this input, in convolutions and dense layers: where nearly all work is. */
  readonly macs: number;
}

export interface ModuleInfo {
  readonly inputShape: Shape;
  /** In the order in which they ran. A layer that ran twice stands here twice, its parameters counted once. */
  readonly layers: readonly LayerInfo[];
  readonly parameters: number;
  readonly macs: number;
}

export interface ModelFileInfo extends ModuleInfo {
  readonly path: string;
  readonly bytes: number;
  /** The file's own words: architecture, classes, normalisation, configuration. */
  readonly metadata: Readonly<Record<string, string>>;
  /** How the model was trained: epoch, seed, metrics, as far as the file says. */
  readonly training: ModelInfo;
}

/**
 * Passes one tensor of zeros through a module and notes what each layer made of it: each module that holds parameters of
 * its own, or no other module.
 *
 * @param inputShape such as [1, 3, 48, 48]
 */
export function describeModule(module: Module, inputShape: Shape): ModuleInfo {
  const layers: LayerInfo[] = [];
  const counted = new Set<Module>();
  const modes = module.modules().map((inner) => ({ inner, training: inner.training }));
  const removers = [...module.namedModules()]
    .filter(([, layer]) => layer.children().length === 0 || ownParameters(layer).length > 0)
    .map(([name, layer]) =>
      layer.registerForwardHook((_, __, output) => {
        const parameters = counted.has(layer) ? 0 : sizeOf(ownParameters(layer));
        counted.add(layer);
        const macs = macsOf(layer, output);
        const type = layer.constructor.name;
        layers.push({ name: name || "(model)", type, outputShape: output.shape, parameters, macs });
        return undefined;
      }),
    );
  try {
    module.eval();
    const { device, dtype } = module.parameters()[0] ?? {};
    const options = { ...(device && { device }), ...(dtype && { dtype }) };
    noGrad(() => scope(() => void module.forward(zeros(inputShape, options))));
  } finally {
    for (const remove of removers) remove();
    for (const { inner, training } of modes) inner.training = training;
  }
  const macs = layers.reduce((sum, layer) => sum + layer.macs, 0);
  return { inputShape, layers, parameters: sizeOf(module.parameters()), macs };
}

/** Those of a module that belong to no module inside it. */
function ownParameters(module: Module): Parameter[] {
  const inside = new Set(module.children().flatMap((child) => child.parameters()));
  return module.parameters().filter((parameter) => !inside.has(parameter));
}

function sizeOf(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, parameter) => sum + parameter.numel, 0);
}

/** Every output value of a convolution or a dense layer is a sum of products: one per weight of its output channel. */
function macsOf(layer: Module, output: Tensor): number {
  if (layer instanceof Conv2d || layer instanceof Linear) {
    return output.numel * (layer.weight.numel / layer.weight.shape[0]!);
  }
  return 0;
}

/**
 * Describes a model file, for one image of the size it was made for.
 *
 * @throws DataError when the file cannot be read, or holds no model of ours
 */
export async function describeModel(path: string): Promise<ModelFileInfo> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new DataError(`info: cannot read ${path}, got ${cause.code}, expected a .safetensors file`, {
      cause,
    });
  });
  const device = await openDevice("cpu", { threads: 1 });
  try {
    const { model, info } = decodeModel(bytes, path, device);
    const { metadata } = decodeSafetensors(bytes);
    const { imageSize } = model.config;
    const module = describeModule(model, [1, 3, imageSize, imageSize]);
    return { path, bytes: bytes.length, metadata, training: info, ...module };
  } finally {
    device.dispose();
  }
}

/** The table of layers. */
export function formatModuleInfo({ inputShape, layers, parameters, macs }: ModuleInfo): string {
  const rows = layers.map((layer) => [
    layer.name,
    layer.type,
    showShape(layer.outputShape),
    layer.parameters,
    layer.macs,
  ]);
  return formatTable(
    ["layer", "type", "output", "parameters", "MACs"],
    [["input", "", showShape(inputShape), null, null], ...rows, ["total", "", "", parameters, macs]],
  );
}

/** The table of layers, the size of the file, and what it says of itself. */
export function formatModelInfo(info: ModelFileInfo): string {
  const { training: _, ...metadata } = info.metadata;
  const words = [...Object.entries(metadata), ...Object.entries(flatten(info.training, "training"))];
  return [
    `${info.path}: ${info.bytes.toLocaleString("en")} bytes, ${info.parameters.toLocaleString("en")} parameters, ` +
      `${(info.macs / 1e6).toFixed(1)} million MACs an image`,
    "",
    formatModuleInfo(info),
    "",
    formatTable(["metadata", "value"], words),
  ].join("\n");
}

function showShape(shape: Shape): string {
  return `[${shape.join(", ")}]`;
}

/** `{ metrics: { loss: 1 } }` as `metrics.loss: "1"`: one line of text per value. */
function flatten(value: unknown, path: string): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { [path]: typeof value === "string" ? value : JSON.stringify(value) };
  }
  const inner = Object.entries(value).map(([key, item]) => flatten(item, `${path}.${key}`));
  return Object.assign({}, ...inner) as Record<string, string>;
}
