export { type AdapterProbe, type NoAdapter, probeWebGPU } from "./adapter.ts";
export { WebGPUDevice, type WebGPUStats } from "./device.ts";
export { openWebGPU, type WebGPUOptions } from "./open.ts";
