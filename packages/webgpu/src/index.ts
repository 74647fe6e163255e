export { type AdapterProbe, type NoAdapter, probeWebGPU } from "./adapter.ts";
export { WebGPUDevice, type WebGPUStats } from "./device.ts";
export {
  type Float32MatmulPrecision,
  openWebGPU,
  type WebGPUOptions,
} from "./open.ts";
