/**
 * `doctor`: whether everything works on this machine, and if not, what does not.
 */

import type { Command } from "commander";
import { MienError } from "mien";
import type { DeviceFinding, Examination } from "../examination.ts";
import { defineCommand, type Invocation } from "../flags.ts";
import { formatTable } from "../text-table.ts";

/** Something that should work on this machine does not. */
class UnhealthyError extends MienError {
  override readonly name = "UnhealthyError";
}

interface DoctorFlags {
  readonly json?: boolean;
}

const EXAMPLES = `
Trains for ten steps on every device and compares the losses. A GPU that is missing is no fault; the exit code is 1 if
something is there and does not work. With --device it looks at that device beside the cpu alone, and misses it if it
is not there.

Examples:
  $ mien doctor
  $ mien doctor --device webgpu
  $ mien doctor --json > doctor.json`;

export function doctorCommand(): Command {
  return defineCommand<DoctorFlags>(
    "doctor",
    "Tells what works on this machine.",
    ["device", "threads"],
    runDoctor,
  )
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES);
}

async function runDoctor({
  config: { device, threads },
  extra,
  say,
}: Invocation<DoctorFlags>): Promise<void> {
  const { examine } = await import("../examination.ts");
  const onStart = (what: string) => (extra.json ? undefined : say(`${what} ...`));
  const examination = await examine({
    ...(device !== "auto" && { device }),
    ...(threads && { threads }),
    onStart,
  });
  console.log(extra.json ? JSON.stringify(examination, null, 2) : `\n${formatExamination(examination)}`);
  const { faults } = examination;
  if (faults.length > 0) throw new UnhealthyError(`doctor: ${faults.join("; ")}`);
}

/** With it one instruction multiplies and adds, and EmotionCNN trains about 15 % faster (docs/performance.md). */
const NO_RELAXED_SIMD = "no: this engine has no fused multiply-add; Node 20 and later have it";

/** An examination as text for a terminal. */
export function formatExamination({
  versions,
  machine,
  kernels,
  relaxedSimd,
  cache,
  devices,
  automatic,
}: Examination): string {
  const { mien, node, webgpu, platform } = versions;
  const facts = [
    ["versions", `mien ${mien}, Node ${node}, webgpu (Dawn) ${webgpu ?? "not installed"}`],
    ["machine", `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${platform}`],
    ["kernels", kernels.note],
    ["relaxed SIMD", relaxedSimd ? "yes: fused multiply-add" : NO_RELAXED_SIMD],
    ["cache", `${cache.path}, ${cache.note}`],
    ["--device auto", automatic ? `takes ${automatic}` : "finds no device"],
  ] as const;
  const width = Math.max(...facts.map(([what]) => what.length));
  const header = [
    "device",
    "",
    "faces",
    "loss",
    "off the cpu's",
    "seconds",
    "what it is, or why it is not there",
  ];
  return [
    ...facts.map(([what, text]) => `${what.padEnd(width)}  ${text}`),
    "",
    formatTable(header, devices.map(rowOf), ["faces", "loss", "off the cpu's", "seconds"]),
  ].join("\n");
}

function rowOf({ name, found, fault, description, training }: DeviceFinding): string[] {
  const verdict = fault ? "FAULTY" : found ? "works" : "absent";
  if (!training) return [name, verdict, "", "", "", "", fault ?? description];
  const { batch, pixels, losses, offCpu, seconds } = training;
  return [
    ...[name, verdict, `${batch} of ${pixels}x${pixels}`],
    `${losses[0]!.toFixed(3)} to ${losses.at(-1)!.toFixed(3)}`,
    offCpu === null ? "" : offCpu.toExponential(1),
    seconds.toFixed(1),
    fault ? `${description}: ${fault}` : description,
  ];
}
