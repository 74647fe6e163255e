/**
 * Models as ONNX files, which other programs run: onnxruntime, browsers, phones.
 *
 * A model is not taken apart but watched: a hook on every layer sees one image pass, and notes which layers ran, in
 * which order and on what. If each layer was given just what others had made, these layers are all there is to the
 * model, and are written down, whatever its class and the names of its parts. Anything that happens between layers is
 * something that no layer made, and is refused rather than left out.
 */

import {
  Add,
  ArgumentError,
  BatchNorm2d,
  type Buffer,
  Conv2d,
  Flatten,
  type HostTensor,
  LeakyReLU,
  Linear,
  MaxPool2d,
  type Module,
  noGrad,
  type Parameter,
  ReLU,
  type Shape,
  scope,
  show,
  type Tensor,
  toHost,
  zeros,
} from "mien";
import { EMOTIONS } from "../classes.ts";
import { GlobalAveragePool } from "../networks/global-average-pool.ts";
import { type EmotionModel, titleOf } from "../networks/index.ts";
import { IMAGENET_NORMALISATION } from "../transforms.ts";
import {
  ATTRIBUTE,
  type Attribute,
  encodeProto,
  FLOAT,
  type Initializer,
  type Node,
  type ValueInfo,
} from "./onnx-schema.ts";

/** Old enough for programs of 2022 (onnxruntime 1.12, onnx 1.12). */
const OPSET = 17;
const IR_VERSION = 8;

export interface OnnxOptions {
  /** The shape of one input, without the batch: [3, 48, 48]. */
  readonly inputShape: Shape;
  /** Adds a second output, the softmax of the first. Default: false. */
  readonly probabilities?: boolean;
  /** Words about the file. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * The bytes of an ONNX file (opset 17) of a model that is made of layers alone, in float32. The batch size is free. The
 * input is called `images`, the output `logits`, and its softmax, if wanted, `probabilities`.
 *
 * @throws ArgumentError that names what has no ONNX form here: another kind of layer, or something between two layers
 */
export async function encodeOnnx(model: Module, options: OnnxOptions): Promise<Uint8Array> {
  const { inputShape, probabilities = false, metadata = {} } = options;
  const { steps, outputShape } = trace(model, inputShape);
  const operators = steps.map(translate);
  const used = new Set(operators.flatMap(({ parameters }) => parameters));
  const all: [string, Weight][] = [...model.namedParameters(), ...model.namedBuffers()];
  const state = all.filter(([, tensor]) => used.has(tensor));
  const values = await toHost(new Map(state));
  const names = new Map(state.map(([name, tensor]) => [tensor, name]));
  const nodes = steps.map(({ name, inputs, output }, i): Node => {
    const { op, attributes, parameters } = operators[i]!;
    const weights = parameters.map((parameter) => names.get(parameter)!);
    return { op_type: op, name, input: [...inputs, ...weights], output: [output], attribute: attributes };
  });
  const outputs = [valueInfo("logits", outputShape)];
  if (probabilities) {
    const node = { op_type: "Softmax", name: "softmax", input: ["logits"], output: ["probabilities"] };
    nodes.push({ ...node, attribute: [int("axis", 1)] });
    outputs.push(valueInfo("probabilities", outputShape));
  }
  return encodeProto({
    ir_version: IR_VERSION,
    producer_name: "mien",
    opset_import: [{ domain: "", version: OPSET }],
    metadata_props: Object.entries(metadata).map(([key, value]) => ({ key, value })),
    graph: {
      name: model.constructor.name,
      node: nodes,
      initializer: Array.from(values, ([name, value]) => initializer(name, value)),
      input: [valueInfo("images", inputShape)],
      output: outputs,
    },
  });
}

/**
 * One of our networks as an ONNX file. Its metadata say what the numbers mean: `classes` (JSON, in the order of the logits),
 * `normalisation` (JSON: mean and std of each channel), `image_size`, and `input`, in words.
 */
export function encodeModelOnnx(
  model: EmotionModel,
  options: Pick<OnnxOptions, "probabilities"> = {},
): Promise<Uint8Array> {
  const { imageSize } = model.config;
  return encodeOnnx(model, {
    ...options,
    inputShape: [3, imageSize, imageSize],
    metadata: {
      architecture: titleOf(model),
      classes: JSON.stringify(EMOTIONS),
      normalisation: JSON.stringify(IMAGENET_NORMALISATION),
      image_size: String(imageSize),
      input: "RGB, [N, 3, S, S], pixels divided by 255, then minus mean and divided by std of their channel",
    },
  });
}

// ---- watching ----

/** A layer that ran. */
interface Step {
  /** The path of the layer, with a number behind it from its second run on. */
  readonly name: string;
  readonly layer: Module;
  /** What it was given and what it made, by the names that they have in the file. */
  readonly inputs: readonly string[];
  readonly output: string;
  readonly inputShape: Shape;
}

/** Passes one input of zeros through the model. */
function trace(model: Module, inputShape: Shape): { steps: Step[]; outputShape: Shape } {
  const steps: Step[] = [];
  const runs = new Map<Module, number>();
  const { device, dtype } = model.parameters()[0] ?? {};
  const options = { ...(device && { device }), ...(dtype && { dtype }) };
  const modes = model.modules().map((module) => [module, module.training] as const);
  let removers: (() => void)[] = [];
  try {
    return noGrad(() =>
      scope(() => {
        const input = zeros([1, ...inputShape], options);
        const values = new Map<Tensor, string>([[input, "images"]]);
        const leaves = [...model.namedModules()].filter(([, layer]) => layer.children().length === 0);
        removers = leaves.map(([path, layer]) =>
          layer.registerForwardHook((_, given, output) => {
            if (!given.every((one) => values.has(one))) throw unknownValue(path, steps.at(-1));
            const run = (runs.get(layer) ?? 0) + 1;
            runs.set(layer, run);
            const name = `${path || layer.constructor.name}${run > 1 ? `#${run}` : ""}`;
            const inputs = given.map((one) => values.get(one)!);
            const made = `value${steps.length + 1}`;
            steps.push({ name, layer, inputs, output: made, inputShape: given[0]!.shape });
            values.set(output, made);
            return undefined;
          }),
        );
        const output = model.eval().forward(input);
        const result = values.get(output);
        if (!result || steps.length === 0) throw unknownValue("the end", steps.at(-1));
        const rename = (value: string) => (value === result ? "logits" : value);
        const renamed = steps.map((step) => ({
          ...step,
          inputs: step.inputs.map(rename),
          output: rename(step.output),
        }));
        return { steps: renamed, outputShape: output.shape.slice(1) };
      }),
    );
  } finally {
    for (const remove of removers) remove();
    for (const [module, training] of modes) module.training = training;
  }
}

function unknownValue(at: string, before: Step | undefined): ArgumentError {
  return new ArgumentError(
    `onnx: the model is more than its layers, got something else between ${before?.name ?? "the input"} and ${at}, ` +
      "expected layers that are given what other layers made. Help: make it a layer, such as Add for a sum",
  );
}

// ---- translating ----

/** An operator of ONNX. */
interface Operator {
  readonly op: string;
  readonly attributes: readonly Attribute[];
  /** What it is given beside the layer's inputs. */
  readonly parameters: readonly Weight[];
}

type Weight = Parameter | Buffer;

/** A layer in the words of https://onnx.ai/onnx/operators/ */
function translate({ name, layer, inputShape }: Step): Operator {
  if (layer instanceof Conv2d) {
    const { weight, bias, kernelSize, stride, dilation, groups } = layer;
    const attributes = [...windows(kernelSize, stride, dilation, padsOf(layer)), int("group", groups)];
    return { op: "Conv", attributes, parameters: withBias(weight, bias) };
  }
  if (layer instanceof MaxPool2d) {
    const { kernelSize, options } = layer;
    const { stride = kernelSize, dilation = 1, padding = 0 } = options;
    const pads = [
      ...pair(padding),
      ...(options.ceilMode ? endsOfCeilMode(layer, inputShape) : pair(padding)),
    ];
    return { op: "MaxPool", attributes: windows(kernelSize, stride, dilation, pads), parameters: [] };
  }
  if (layer instanceof Linear && inputShape.length === 2) {
    return { op: "Gemm", attributes: [int("transB", 1)], parameters: withBias(layer.weight, layer.bias) };
  }
  if (
    layer instanceof Flatten &&
    layer.startDim === 1 &&
    [-1, inputShape.length - 1].includes(layer.endDim)
  ) {
    return { op: "Flatten", attributes: [int("axis", 1)], parameters: [] };
  }
  if (layer instanceof BatchNorm2d && layer.weight && layer.bias && layer.runningMean && layer.runningVar) {
    const { weight, bias, runningMean, runningVar, eps } = layer;
    const epsilon: Attribute = { name: "epsilon", type: ATTRIBUTE.float, f: eps };
    const parameters = [weight, bias, runningMean, runningVar];
    return { op: "BatchNormalization", attributes: [epsilon], parameters };
  }
  if (layer instanceof GlobalAveragePool) {
    const axes: Attribute = { name: "axes", type: ATTRIBUTE.ints, ints: [2, 3] };
    return { op: "ReduceMean", attributes: [axes, int("keepdims", 0)], parameters: [] };
  }
  if (layer instanceof Add) return { op: "Add", attributes: [], parameters: [] };
  if (layer instanceof ReLU) return { op: "Relu", attributes: [], parameters: [] };
  if (layer instanceof LeakyReLU) {
    const alpha: Attribute = { name: "alpha", type: ATTRIBUTE.float, f: layer.negativeSlope };
    return { op: "LeakyRelu", attributes: [alpha], parameters: [] };
  }
  throw new ArgumentError(
    `onnx: layer ${name} has no ONNX form here, got ${layer.constructor.name} of input ${show(inputShape)}, ` +
      "expected Conv2d, BatchNorm2d with weight, bias and running statistics, MaxPool2d, GlobalAveragePool, " +
      "Linear of [N, features], Flatten from dimension 1, Add, ReLU or LeakyReLU",
  );
}

type Pair = number | readonly [number, number];

function pair(size: Pair): readonly [number, number] {
  return typeof size === "number" ? [size, size] : size;
}

/**
 * The padding at the bottom and at the right under which ONNX, rounding down, finds as many windows as `ceilMode` does.
 * Its own `ceil_mode` has meant different things.
 */
function endsOfCeilMode({ kernelSize, options }: MaxPool2d, inputShape: Shape): number[] {
  const { stride = kernelSize, dilation = 1, padding = 0 } = options;
  return pair(padding).map((pad, d) => {
    const [size, step] = [inputShape[2 + d]!, pair(stride)[d]!];
    const reach = pair(dilation)[d]! * (pair(kernelSize)[d]! - 1) + 1;
    const last = Math.ceil((size + 2 * pad - reach) / step);
    const start = step * (last * step >= size + pad ? last - 1 : last);
    return Math.max(pad, start + reach - size - pad);
  });
}

/** What convolution and pooling have in common. `pads` is top, left, bottom, right. */
function windows(kernel: Pair, stride: Pair, dilation: Pair, pads: readonly number[]): Attribute[] {
  const lists = { kernel_shape: pair(kernel), strides: pair(stride), dilations: pair(dilation), pads };
  return Object.entries(lists).map(([name, ints]) => ({ name, type: ATTRIBUTE.ints, ints }));
}

function padsOf({ padding, kernelSize, dilation }: Conv2d): number[] {
  if (padding === "valid") return [0, 0, 0, 0];
  if (padding !== "same") return [...pair(padding), ...pair(padding)];
  const reach = pair(dilation).map((step, d) => step * (kernelSize[d]! - 1));
  return [...reach.map((zeros) => Math.floor(zeros / 2)), ...reach.map((zeros) => Math.ceil(zeros / 2))];
}

function withBias(weight: Parameter, bias: Parameter | null): Parameter[] {
  return bias ? [weight, bias] : [weight];
}

function int(name: string, i: number): Attribute {
  return { name, type: ATTRIBUTE.int, i };
}

function initializer(name: string, { shape, data }: HostTensor): Initializer {
  const values = Float32Array.from(data);
  return { name, dims: shape, data_type: FLOAT, raw_data: new Uint8Array(values.buffer) };
}

/** A value of any batch size. */
function valueInfo(name: string, shape: Shape): ValueInfo {
  const dim = [{ dim_param: "N" }, ...shape.map((extent) => ({ dim_value: extent }))];
  return { name, type: { tensor_type: { elem_type: FLOAT, shape: { dim } } } };
}
