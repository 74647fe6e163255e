/**
 * Every kernel, every op and ten steps of EmotionCNN once more with reductions that use subgroups.
 */

process.env["MIEN_DEVICES"] = "webgpu (subgroups)";
await import("./kernels.test.ts");
await import("./op-table.test.ts");
await import("./ten-steps.test.ts");

export {};
