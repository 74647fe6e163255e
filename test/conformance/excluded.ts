/**
 * What is left out, by name and with the reason. A case that is not listed here has to pass.
 */

import type { Device } from "mien";
import type { ConformanceCase } from "./cases.ts";

const optimizers = new Set(["Adam", "Momentum", "Adagrad"]);
const windows = new Set(["Conv", "MaxPool", "AveragePool"]);

/** Why a case is left out on a device, or null. */
export function exclusion(one: ConformanceCase, device: Device): string | null {
  if (optimizers.has(one.op)) return "ONNX's own formula of an optimizer, not PyTorch's";
  if (one.op === "GatherND") return "GatherND is not offered";
  if (windows.has(one.op) && one.inputs[0]?.shape.length === 5) return "3-D windows are not offered";
  if (one.op === "Resize") return resize(one);
  if (one.inputs.some((input) => input?.dtype === "float64")) {
    if (device.name === "webgpu") return "WebGPU has no float64";
    if (!device.supports("float64") && !fitsFloat32(one))
      return "numbers beyond float32, which is all this device has";
  }
  return null;
}

function fitsFloat32({ inputs, outputs }: ConformanceCase): boolean {
  const largest = 2 ** 127;
  return [...inputs, ...outputs].every((x) => x?.data.every((value) => !(Math.abs(value) > largest)) ?? true);
}

function resize({ attributes }: ConformanceCase): string | null {
  const mode = attributes["mode"];
  const coordinates = attributes["coordinate_transformation_mode"] ?? "half_pixel";
  if (mode !== "nearest" && mode !== "linear") return `Resize with mode ${mode} is not offered`;
  if (!["half_pixel", "asymmetric", "align_corners"].includes(String(coordinates)))
    return `Resize with coordinates ${coordinates} is not offered`;
  return attributes["antialias"] ? "Resize with antialias is not offered" : null;
}
