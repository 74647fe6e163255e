/**
 * ONNX's own operator cases, as files in `../shared/conformance/onnx`: inputs, attributes and expected outputs that
 * nobody here made up. They are not part of this repository; where the folder is absent there are no cases.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface CaseTensor {
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Row-major. int64 past 2^53 would be text in the file; no case needs such a number. */
  readonly data: readonly number[];
}

export interface ConformanceCase {
  readonly name: string;
  /** ONNX's name of the operator. */
  readonly op: string;
  readonly opset: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  /** null for an optional input that is left out. */
  readonly inputs: readonly (CaseTensor | null)[];
  /** null for an output that is not checked. */
  readonly outputs: readonly (CaseTensor | null)[];
  /** The mask is random: only the relation between input and output can be checked. */
  readonly random?: boolean;
}

/** JSON has no NaN and no infinities, so the files have them as text. */
function revive(tensor: CaseTensor | null): CaseTensor | null {
  return tensor && { ...tensor, data: tensor.data.map(Number) };
}

const folder = fileURLToPath(new URL("../../../shared/conformance/onnx/", import.meta.url));

export const missing: string | null = existsSync(folder)
  ? null
  : "the ONNX cases are not here (../shared/conformance)";

/** All cases, by operator. */
export function loadCases(): ConformanceCase[] {
  if (missing) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json") && file !== "index.json")
    .sort()
    .flatMap((file) => JSON.parse(readFileSync(join(folder, file), "utf8")) as ConformanceCase[])
    .map((one) => ({ ...one, inputs: one.inputs.map(revive), outputs: one.outputs.map(revive) }));
}
