export { type CpuOptions, openCpu } from "./open.ts";
export { openReference } from "./reference/device.ts";
