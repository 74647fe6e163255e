/**
 * What a model is made of, seen by sending one batch of zeros through it.
 *
 * Shapes are not computed here: hooks note what each layer puts out, so the table tells of any module, also of those
 * whose `forward` nobody could guess.
 */

import { ArgumentError, noGrad, type Shape, scope, show, type Tensor, zeros } from "@mien/tensor";
import type { Module } from "./module.ts";

export interface LayerSummary {
  /** The path of properties that leads to the layer; "" is the model itself. */
  readonly name: string;
  /** The name of its class. */
  readonly type: string;
  /** Of its last call, or null if `forward` never came by. */
  readonly outputShape: Shape | null;
  /** The numbers in its parameters, without those of layers inside it, and without those counted before. */
  readonly parameters: number;
}

export interface ModelSummary {
  /** The model and all modules inside it, parents first. */
  readonly layers: readonly LayerSummary[];
  readonly parameters: number;
  /** Those that want a gradient. */
  readonly trainableParameters: number;
  /** Four bytes a number, parameters and buffers. */
  readonly bytes: number;
  /** A table for a terminal. */
  toString(): string;
}

function count(tensors: readonly Tensor[]): number {
  return tensors.reduce((sum, { numel }) => sum + numel, 0);
}

/** Runs `model` on zeros, in evaluation mode and without a graph, and gives each module's output shape. */
function outputShapes(model: Module, inputShapes: readonly Shape[]): Map<Module, Shape> {
  const shapes = new Map<Module, Shape>();
  const device = model.parameters()[0]?.device;
  const modes = model.modules().map((module) => [module, module.training] as const);
  const undo = model.modules().map((module) =>
    module.registerForwardHook((_module, _inputs, output) => {
      shapes.set(module, output.shape);
      return undefined;
    }),
  );
  try {
    model.eval();
    scope(() => {
      noGrad(() => model.forward(...inputShapes.map((shape) => zeros(shape, device ? { device } : {}))));
    });
  } finally {
    for (const remove of undo) remove();
    for (const [module, training] of modes) module.training = training;
  }
  return shapes;
}

function format(layers: readonly LayerSummary[], totals: readonly string[]): string {
  const rows = layers.map(({ name, type, outputShape, parameters }) => [
    name === "" ? type : `${"  ".repeat(name.split(".").length - 1)}${name} (${type})`,
    outputShape ? show(outputShape) : "not called",
    parameters.toLocaleString("en"),
  ]);
  const lines = [["layer", "output", "parameters"], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...lines.map((line) => line[column]!.length)));
  const text = lines.map(([layer, output, parameters]) =>
    [layer!.padEnd(widths[0]!), output!.padEnd(widths[1]!), parameters!.padStart(widths[2]!)].join("  "),
  );
  return [...text, ...totals].join("\n");
}

/**
 * The layers of a model with their output shapes and parameters.
 *
 * @param inputShapes one for each argument of `forward`, with the batch: `summary(model, [1, 3, 48, 48])`
 * @throws ArgumentError without an input shape; what `forward` throws for shapes that do not fit
 */
export function summary(model: Module, ...inputShapes: Shape[]): ModelSummary {
  if (inputShapes.length === 0) {
    throw new ArgumentError(
      "summary: got no input shape, expected one for each argument of forward. Help: summary(model, [1, 3, 48, 48])",
    );
  }
  const shapes = outputShapes(model, inputShapes);
  const seen = new Set<Tensor>();
  const layers = [...model.namedModules()].map(([name, module]): LayerSummary => {
    const inside = new Set(module.children().flatMap((child) => child.parameters()));
    const own = module.parameters().filter((parameter) => !inside.has(parameter) && !seen.has(parameter));
    for (const parameter of own) seen.add(parameter);
    const outputShape = shapes.get(module) ?? null;
    return { name, type: module.constructor.name, outputShape, parameters: count(own) };
  });
  const all = model.parameters();
  const parameters = count(all);
  const trainableParameters = count(all.filter(({ requiresGrad }) => requiresGrad));
  const bytes = 4 * (parameters + count(model.buffers()));
  const totals = [
    `${parameters.toLocaleString("en")} parameters, ${trainableParameters.toLocaleString("en")} of them trainable, ` +
      `${(bytes / 1e6).toFixed(2)} MB`,
  ];
  return { layers, parameters, trainableParameters, bytes, toString: () => format(layers, totals) };
}
