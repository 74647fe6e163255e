/**
 * Weights cross between PyTorch and here in safetensors files, both ways, and give the same logits.
 *
 * Needs a Python with PyTorch (PYTHON, by default /usr/bin/python3); without one the tests are skipped and say so.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Device, decodeSafetensors, encodeStateDict, noGrad, scope } from "mien";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestDevices } from "./support/devices.ts";
import { EmotionNet, formulaImages, formulaNet } from "./support/emotion-net.ts";

const python = process.env["PYTHON"] ?? "/usr/bin/python3";
const script = fileURLToPath(new URL("golden/emotion-cnn-torch.py", import.meta.url));

/** Why PyTorch cannot be run, or null. */
function whyNot(): string | null {
  try {
    execFileSync(python, ["-c", "import torch, numpy"], { stdio: ["ignore", "ignore", "pipe"] });
    return null;
  } catch (error) {
    const { stderr, message } = error as { stderr?: Buffer; message: string };
    return `${python} has no PyTorch: ${(stderr?.toString().trim() || message).split("\n").at(-1)}`;
  }
}

function torchLogits(command: "read" | "write", path: string): number[] {
  return JSON.parse(execFileSync(python, [script, command, path], { encoding: "utf8" })).flat();
}

async function logitsOf(model: EmotionNet, device: Device): Promise<number[]> {
  using images = formulaImages({ device, dtype: "float32" });
  using logits = noGrad(() => scope(() => model.forward(images.mul(10))));
  return Array.from(await logits.data());
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));
}

const reason = whyNot();
const { present, skipped } = await openTestDevices();
const folder = mkdtempSync(join(tmpdir(), "mien-torch-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
  for (const { device } of present) device.dispose();
});

describe.skipIf(reason)(`PyTorch and safetensors${reason ? ` (${reason})` : ""}`, () => {
  const fromTorch = join(folder, "from-torch.safetensors");
  let expected: number[];
  beforeAll(() => {
    expected = torchLogits("write", fromTorch);
  });

  test.each(present)("a file from PyTorch gives its logits on $label", async ({ label, device }) => {
    const { tensors, metadata } = decodeSafetensors(readFileSync(fromTorch));
    expect(metadata["format"]).toBe("pt");
    using model = new EmotionNet({ device, dtype: "float32" });
    model.loadStateDict(tensors);
    const difference = largestDifference(await logitsOf(model, device), expected);
    console.log(`from PyTorch, ${label}: logits differ by at most ${difference}`);
    expect(difference).toBeLessThan(1e-4);
  });

  test("a file from here gives the same logits in PyTorch", async () => {
    const path = join(folder, "to-torch.safetensors");
    const { device } = present[0]!;
    using model = formulaNet({ device, dtype: "float32" });
    writeFileSync(
      path,
      await encodeStateDict(model.stateDict(), { classes: "happy, neutral, sad, surprise" }),
    );
    const difference = largestDifference(await logitsOf(model, device), torchLogits("read", path));
    console.log(`to PyTorch: logits differ by at most ${difference}`);
    expect(difference).toBeLessThan(1e-4);
  });

  for (const { label, reason } of skipped) test.skip(`${label}: ${reason}`, () => {});
});
