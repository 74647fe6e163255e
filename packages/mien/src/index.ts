export * from "@mien/nn";
export * from "@mien/tensor";
export { DEVICE_CHOICES, type DeviceChoice, type OpenDeviceOptions, openDevice } from "./open-device.ts";
export { type DeviceProbe, probeDevices } from "./probe.ts";
