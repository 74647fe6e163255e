/**
 * Every kernel and every op once more within WebGPU's default limits, which is all that some adapters have.
 */

process.env["MIEN_DEVICES"] = "webgpu (default limits)";
await import("./kernels.test.ts");
await import("./op-table.test.ts");

export {};
