export { openReference } from "./reference/device.ts";
