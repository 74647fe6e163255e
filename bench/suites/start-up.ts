/**
 * `start-up`: from the start of a process to the end of its first training step, and PyTorch's for comparison.
 *
 * `all faces` is what a user waits for: the built-in faces are drawn, uploaded, and the trainer takes its first step.
 * `resident batch` leaves out the data, as the PyTorch script does.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Runner } from "../emotion-step.ts";
import type { BenchDevice, Suite } from "../field.ts";
import { compete } from "../field.ts";
import { type TorchPeer, torchArguments } from "../peers/torch.ts";
import type { Row } from "../report.ts";

const PROGRAM = fileURLToPath(new URL("../first-step.ts", import.meta.url));

/** What the processes have before their first step. */
const DATA = ["resident batch", "all faces"] as const;
export type StartUpData = (typeof DATA)[number];

/** Starts the program `count` times, one after another; each says a word when its first step is done. */
function starts(command: string, args: readonly string[]): Runner {
  return async (count) => {
    let total = 0;
    for (let i = 0; i < count; i++) {
      const started = performance.now();
      const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
      const exit = once(child, "exit");
      const word = once(child.stdout, "data").then(() => performance.now() - started);
      const result = await Promise.race([word, exit]);
      if (typeof result !== "number") throw new Error(`bench: ${command} ended without its first step`);
      total += result;
      await exit;
    }
    return total;
  };
}

function ownStart({ device, threads }: BenchDevice, data: StartUpData): Runner {
  return starts(process.execPath, [...process.execArgv, PROGRAM, device.name, String(threads ?? 1), data]);
}

function torchStart({ python, threads }: TorchPeer): Runner {
  return starts(python, torchArguments(threads ?? "cuda", "--once"));
}

export const startUp: Suite = async (field) => {
  const rows: Row[] = [];
  for (const data of DATA) {
    const name = `first step, ${data}`;
    const compared = await compete(
      "start-up",
      field,
      (bench) => {
        if (bench.isSoftware || bench.device.name === "reference") return null;
        const { label, threads } = bench;
        return { name, device: label, threads, batch: null, run: ownStart(bench, data) };
      },
      data === "all faces"
        ? null
        : (peer) => {
            const { label, threads } = peer;
            return { name, device: label, threads, batch: null, run: torchStart(peer) };
          },
    );
    rows.push(...compared);
  }
  return rows;
};
