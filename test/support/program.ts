/**
 * Running a program of the project as a user does: as a process of its own, with its output and exit code.
 */

import { spawn } from "node:child_process";
import { symlink } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { OwnSignals } from "./signal-itself.ts";

export const root: string = fileURLToPath(new URL("../..", import.meta.url));

export interface Outcome {
  /** As a shell shows it: 128 and the signal's number if a signal ended the process. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** From the last output to the end of the process, in seconds. */
  readonly lingering: number;
  readonly seconds: number;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Sends this signal so many milliseconds after standard output has matched `when`. On a busy machine it may come much
   * later: a program that would end meanwhile is to send its own signals.
   */
  readonly signal?: { readonly name: NodeJS.Signals; readonly when: RegExp; readonly delay?: number };
}

/** What a program does to itself, at a moment that no busy machine can shift. */
export interface OwnFaults {
  readonly ownSignals?: OwnSignals;
  /** Destroys the GPU's device at this call of ours; see `lose-gpu.ts`. */
  readonly loseGpuAt?: number;
}

/** Runs a TypeScript entry, given by its path from the root, through tsx. */
export function runEntry(
  entry: string,
  args: readonly string[],
  { ownSignals, loseGpuAt, ...options }: RunOptions & OwnFaults = {},
): Promise<Outcome> {
  const preloaded = ["tsx"];
  if (ownSignals) preloaded.push("./signal-itself.ts");
  if (loseGpuAt !== undefined) preloaded.push("./lose-gpu.ts");
  const imports = preloaded.flatMap((name) => ["--import", import.meta.resolve(name)]);
  const env = {
    ...options.env,
    ...(ownSignals && { MIEN_TEST_SIGNALS: JSON.stringify(ownSignals) }),
    ...(loseGpuAt !== undefined && { MIEN_TEST_LOSE_GPU_AT: String(loseGpuAt) }),
  };
  return run(process.execPath, [...imports, `${root}/${entry}`, ...args], { ...options, env });
}

/**
 * Modules of ours as one file of JavaScript in `folder`, to be run by `node` alone: it is up in a fifth of the
 * processor's time that tsx takes, and in less memory.
 *
 * @param contents a module that imports the others, by their paths from the root
 */
export async function bundle(folder: string, contents: string): Promise<string> {
  const outfile = join(folder, "bundle.mjs");
  await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    outfile,
    ...{ bundle: true, platform: "node", format: "esm", target: "node20", logLevel: "error" },
    external: ["webgpu", "onnxruntime-node", "@resvg/resvg-js", "vega", "vega-lite"],
    banner: {
      js: 'import { createRequire as requireFor } from "node:module"; const require = requireFor(import.meta.url);',
    },
  });
  await symlink(join(root, "node_modules"), join(folder, "node_modules")); // what is external, and fonts
  return outfile;
}

/** Runs a program and waits for its end. */
export function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  const started = performance.now();
  const child = spawn(command, args, {
    cwd: options.cwd ?? root,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr, lastOutput, signalled] = ["", "", started, false];
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk;
    lastOutput = performance.now();
    if (options.signal && !signalled && options.signal.when.test(stdout)) {
      signalled = true;
      setTimeout(() => child.kill(options.signal!.name), options.signal.delay ?? 0);
    }
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk;
    lastOutput = performance.now();
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const now = performance.now();
      resolve({
        code: code ?? 128 + constants.signals[signal!],
        stdout,
        stderr,
        lingering: (now - lastOutput) / 1000,
        seconds: (now - started) / 1000,
      });
    });
  });
}
