/**
 * Weights from elsewhere, under names of their own.
 *
 * A state dict lists tensors in the order in which the network's layers were made, which for a chain of layers is the
 * order in which they run. So `conv1.weight, conv1.bias, ..., fc2.bias` and `features.0.weight, ...` are the same network
 * if their shapes are the same, one by one; and the shapes tell its sizes too.
 */

import { DataError, type Device, type HostTensor, type Module, type Shape, sameShape, show } from "mien";
import { DEFAULT_CNN, EmotionCNN, type EmotionCNNConfig } from "../model.ts";
import { ARCHITECTURES, type EmotionModel } from "../networks/index.ts";
import { EmotionMobileNet } from "../networks/mobilenet.ts";
import type { HostState } from "./pth.ts";
import { formatTable, printable } from "./text-table.ts";

/** Rows of the table of shapes; a foreign network may have thousands of tensors. */
const MOST_ROWS = 24;

/**
 * A state dict under the names of `model`: by name where all names are the model's, else by order.
 *
 * @param from what the state is of, for messages
 * @throws DataError with a table of all shapes, if there are more or fewer tensors or one has another shape
 */
export function weightsFor(
  model: Module,
  state: ReadonlyMap<string, HostTensor>,
  from = "the state",
): HostState {
  const targets = [...model.stateDict()];
  const byName = targets.length === state.size && targets.every(([name]) => state.has(name));
  const sources = byName ? targets.map(([name]) => [name, state.get(name)!] as const) : [...state];
  const fits = targets.every(([, { shape }], i) => sameShape(shape, sources[i]?.[1].shape ?? [-1]));
  if (fits && sources.length === targets.length) {
    return new Map(targets.map(([name], i) => [name, sources[i]![1]]));
  }
  throw new DataError(
    `weights: ${from} is not of this ${model.constructor.name}, got ${sources.length} tensors, ` +
      `expected ${targets.length} of the shapes below\n\n${shapeTable(sources, targets)}\n`,
  );
}

type Named = readonly (readonly [name: string, tensor: { readonly shape: Shape }])[];

function shapeTable(sources: Named, targets: Named): string {
  const count = Math.max(sources.length, targets.length);
  const rows = Array.from({ length: Math.min(count, MOST_ROWS) }, (_, i) => {
    const [name = "", got] = sources[i] ?? [];
    const [ourName = "", expected] = targets[i] ?? [];
    const same = got && expected && sameShape(got.shape, expected.shape);
    return [
      printable(name),
      got ? show(got.shape) : null,
      ourName,
      expected ? show(expected.shape) : null,
      same ? "" : "<--",
    ];
  });
  const rest = count > MOST_ROWS ? `\n... and ${count - MOST_ROWS} more` : "";
  return formatTable(["name", "got", "our name", "expected", ""], rows) + rest;
}

/** Tensors that only one of the deeper networks has, under torchvision's names. */
const RESNET_STAGES = [1, 2, 3, 4].map((stage) => `layer${stage}.0.conv1.weight`);
const MOBILENET_STEM = "features.0.0.weight";

/**
 * A network of the kind and the sizes that a state dict is of, read off its names and shapes. What is none of the deeper
 * networks is taken for an EmotionCNN, and `weightsFor` says what does not fit.
 */
export function modelOf(state: ReadonlyMap<string, HostTensor>, device: Device): EmotionModel {
  const widths = RESNET_STAGES.map((name) => state.get(name)?.shape[0]);
  const resnet = widths.includes(undefined) ? null : ARCHITECTURES.resnet.build({ widths }, { device });
  if (resnet) return resnet;
  if (state.has(MOBILENET_STEM)) return new EmotionMobileNet({ device });
  return new EmotionCNN({ ...configOf(state), device });
}

/** The sizes of the EmotionCNN that a state dict is of; for any other network they are the default's. */
export function configOf(state: ReadonlyMap<string, HostTensor>): EmotionCNNConfig {
  const [conv1 = [], , conv2 = [], , fc1 = []] = Array.from(state.values(), ({ shape }) => shape);
  const [c1 = 0, c2 = 0, hidden = 0] = [conv1[0], conv2[0], fc1[0]];
  const imageSize = 2 * Math.sqrt((fc1[1] ?? 0) / c2); // fc1 sees c2 channels of half the size
  const fits =
    sameShape(conv1, [c1, 3, 3, 3]) &&
    sameShape(conv2, [c2, c1, 3, 3]) &&
    fc1.length === 2 &&
    [c1, c2, hidden, imageSize].every((size) => Number.isInteger(size) && size > 0);
  return fits ? { imageSize, convChannels: [c1, c2], hidden } : DEFAULT_CNN;
}
