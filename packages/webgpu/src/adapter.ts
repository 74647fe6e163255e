/**
 * Finding a GPU, and saying in one sentence why there is none.
 *
 * A browser has WebGPU at `navigator.gpu`. Node gets it from the package `webgpu` (Dawn), which is loaded only here and
 * only when somebody asks: it takes a tenth of a second, and is not there on every platform.
 */

export interface NoAdapter {
  /** One sentence for people. */
  readonly reason: string;
}

/** What a program may want to know before it opens a device. */
export interface AdapterProbe {
  readonly adapter: GPUAdapter;
  /** The adapter's name, as its driver tells it. */
  readonly description: string;
  /** Whether it computes in software, on the CPU. */
  readonly isFallback: boolean;
}

/** The exports of the package `webgpu`. */
interface DawnModule {
  create(options: readonly string[]): GPU;
}

// By way of a variable, so that bundlers for browsers do not look for the package.
const dawnPackage = "webgpu";

/** Dawn rounds the times of kernels to 65 microseconds, as a web page must not see more; a program of one's own may. */
const dawnFlags = ["disable-dawn-features=timestamp_quantization"];

/**
 * Dawn, kept until the process ends. Version 0.6 crashes now and then when the garbage collector takes it while one of
 * its devices still has something to do, and the end of a program does not wait for it.
 */
let dawn: GPU | undefined;

async function findGpu(): Promise<GPU | NoAdapter> {
  if (globalThis.navigator?.gpu) return globalThis.navigator.gpu;
  if (!globalThis.process?.versions?.node) return { reason: "this browser has no WebGPU (navigator.gpu)" };
  try {
    const { create } = (await import(/* @vite-ignore */ dawnPackage)) as DawnModule;
    dawn ??= create(dawnFlags);
    return dawn;
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    if (missing) return { reason: "the package `webgpu`, which brings WebGPU to Node, is not installed" };
    const cause = error instanceof Error ? error.message.split("\n")[0] : String(error);
    return {
      reason: `the package \`webgpu\` cannot be loaded on ${process.platform} ${process.arch}: ${cause}`,
    };
  }
}

/** Asks for the fastest adapter there is. */
export async function findAdapter(): Promise<GPUAdapter | NoAdapter> {
  const gpu = await findGpu();
  if ("reason" in gpu) return gpu;
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (adapter) return adapter;
  const where = globalThis.process?.versions?.node
    ? "no graphics driver that it could use (Vulkan, Metal or Direct3D 12)"
    : "no adapter for this page";
  return { reason: `WebGPU found ${where}` };
}

export function describeAdapter({ info }: GPUAdapter): string {
  const name = info.description || info.device || [info.vendor, info.architecture].join(" ").trim();
  return name || "unknown adapter";
}

/** Whether an adapter computes in software; older browsers do not say. */
export function isFallback({ info }: GPUAdapter): boolean {
  return info.isFallbackAdapter === true;
}

/**
 * Tells which adapter `openWebGPU` would use, or in one sentence why there is none. Never throws.
 *
 * @example
 * const probe = await probeWebGPU();
 * console.log("reason" in probe ? probe.reason : probe.description);
 */
export async function probeWebGPU(): Promise<AdapterProbe | NoAdapter> {
  const adapter = await findAdapter();
  if ("reason" in adapter) return adapter;
  return { adapter, description: describeAdapter(adapter), isFallback: isFallback(adapter) };
}
