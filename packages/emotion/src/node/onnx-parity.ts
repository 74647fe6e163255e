/**
 * A model beside its ONNX file: onnxruntime's logits and ours for the same images. For `mien convert` and for tests.
 */

import { type Device, type Module, noGrad, scope, tensor } from "mien";

type OnnxRuntime = typeof import("onnxruntime-node");

/** Images [N, ...shape], one behind the other; N may differ from batch to batch. */
export interface ImageBatch {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

export interface Parity {
  /** The logits of all batches, one behind the other. */
  readonly ours: Float32Array;
  readonly theirs: Float32Array;
  /** max |ours - theirs|; infinite if one is no number. */
  readonly difference: number;
  /** max |ours|. */
  readonly largest: number;
}

/** onnxruntime, or why it cannot be used. It is an option: nothing else needs it. */
export async function loadOnnxRuntime(): Promise<OnnxRuntime | { readonly reason: string }> {
  try {
    return await import("onnxruntime-node");
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const missing = code === "ERR_MODULE_NOT_FOUND";
    return { reason: `onnxruntime-node ${missing ? "is not installed" : `cannot be loaded: ${message}`}` };
  }
}

/** Runs a model, in evaluation mode as the file is, and its ONNX file on the same batches. */
export async function compareWithOnnxRuntime(
  runtime: OnnxRuntime,
  bytes: Uint8Array,
  model: Module,
  device: Device,
  batches: readonly ImageBatch[],
): Promise<Parity> {
  const session = await runtime.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 });
  const ours: number[] = [];
  const theirs: number[] = [];
  const wasTraining = model.training;
  model.eval();
  try {
    for (const { data, shape } of batches) {
      using logits = noGrad(() => scope(() => model.forward(tensor(data, { device, shape }))));
      const results = await session.run({ images: new runtime.Tensor("float32", data, shape) });
      ours.push(...(await logits.data()));
      theirs.push(...(results["logits"]!.data as Float32Array));
    }
  } finally {
    if (wasTraining) model.train();
    await session.release();
  }
  const differences = ours.map((value, i) => Math.abs(value - theirs[i]!));
  return {
    ours: Float32Array.from(ours),
    theirs: Float32Array.from(theirs),
    difference: differences.every(Number.isFinite) ? Math.max(...differences) : Number.POSITIVE_INFINITY,
    largest: Math.max(...ours.map(Math.abs)),
  };
}
