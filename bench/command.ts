/**
 * The bench: our devices beside each other, beside PyTorch, and beside the machine's own limit, in one run.
 *
 *   npm run bench -- train-step kernels --threads 1,2 --json bench.json
 */

import { existsSync } from "node:fs";
import { Command, InvalidArgumentError } from "commander";
import { BENCH_DEVICES, type BenchDeviceName, openDevices, type Suite, startPeers } from "./field.ts";
import { startGpuPeak } from "./gpu-peak.ts";
import { currentLoad, describeMachine, formatMachine } from "./machine.ts";
import { formatPeak, measurePeak, warnOfBusyCores } from "./peak.ts";
import { JavaScriptPeer } from "./peers/javascript.ts";
import { writePicture } from "./picture.ts";
import { type Report, type Row, readReport, whatGotSlower, writeReport } from "./report.ts";
import {
  epoch,
  inference,
  kernels,
  peak,
  profile,
  replay,
  residualNets,
  startUp,
  training,
  trainStep,
} from "./suites/index.ts";
import { formatRows } from "./table.ts";

const SUITES = {
  peak,
  kernels,
  "train-step": trainStep,
  replay,
  profile,
  "residual-nets": residualNets,
  inference,
  epoch,
  training,
  "start-up": startUp,
} as const satisfies Readonly<Record<string, Suite>>;
type SuiteName = keyof typeof SUITES;
const SUITE_NAMES = Object.keys(SUITES) as SuiteName[];

interface Flags {
  readonly device: readonly BenchDeviceName[];
  readonly threads: readonly number[];
  readonly rounds: number;
  readonly turn: number;
  readonly peers: boolean;
  readonly epochs: number;
  readonly data?: string;
  readonly json?: string;
  readonly picture?: string;
  readonly compare?: string;
}

const say = (line: string): void => console.info(line);

await new Command("bench")
  .description("Measures our devices beside each other, beside PyTorch, and beside the machine's own limit.")
  .argument(
    "<suite...>",
    SUITE_NAMES.join(", "),
    (name: string, before: readonly SuiteName[] | undefined) => [...(before ?? []), oneOf(SUITE_NAMES)(name)],
  )
  .option("--device <names>", "our devices that take part", listOf(oneOf(BENCH_DEVICES)), BENCH_DEVICES)
  .option("--threads <counts>", "threads of the CPU device and of PyTorch", listOf(wholeNumber), [1, 2])
  .option("--rounds <n>", "turns of each contender", wholeNumber, 7)
  .option("--turn <ms>", "how long a turn lasts at least", wholeNumber, 300)
  .option(
    "--no-peers",
    "leave out PyTorch (looked for at $PYTHON and /usr/bin/python3), jax-js and TensorFlow.js (bench/peers/js)",
  )
  .option("--epochs <n>", "of the suite training", wholeNumber, 50)
  .option("--data <folder>", "faces of the suite training (default: $FACES if there, else the built-in ones)")
  .option("--json <file>", "write all rows to a file")
  .option("--picture <file>", "draw images per second as a PNG")
  .option("--compare <file>", "name what got over 10 % slower than in an earlier --json file")
  .action(run)
  .parseAsync();

async function run(suites: readonly SuiteName[], flags: Flags): Promise<void> {
  const { threads } = flags;
  const before = flags.compare === undefined ? null : await readReport(flags.compare);
  const machine = describeMachine();
  say(`machine: ${formatMachine(machine)}`);
  const devices = await openDevices(flags.device, threads, say);
  const gpu = devices.find(({ device }) => device.name === "webgpu");
  const gpuPeak = gpu ? await startGpuPeak(gpu) : null;
  const peakFound = await measurePeak(threads, gpuPeak);
  say(`peak: ${formatPeak(peakFound)}`);
  const peers = flags.peers ? await startPeers(threads, say) : [];
  const scripts = flags.peers ? await JavaScriptPeer.startAll(gpu?.isSoftware === false, say) : [];
  const options = { rounds: flags.rounds, turnMs: flags.turn };
  const { FACES } = process.env;
  const data = flags.data ?? (FACES !== undefined && existsSync(FACES) ? FACES : null);
  const training = { epochs: flags.epochs, data };
  const field = { devices, peers, scripts, peak: peakFound, gpuPeak, threads, options, training };
  const rows: Row[] = [];
  const report: Report = { machine, peak: peakFound, rows };
  try {
    for (const name of suites) {
      const load = currentLoad();
      const warnings = new Set(await warnOfBusyCores(threads));
      const found = await SUITES[name](field).catch((error: unknown) => tellOfFailure(name, error));
      rows.push(...found);
      // After each: what comes next may take long, or be cut off.
      if (flags.json !== undefined) await writeReport(flags.json, report);
      if (found.length === 0) continue;
      if (warnings.size === 0) for (const line of await warnOfBusyCores(threads)) warnings.add(line);
      say(`\n${name} (load average ${load.toFixed(1)} before, ${currentLoad().toFixed(1)} after)\n`);
      say(formatRows(found));
      for (const line of warnings) say(line);
    }
  } finally {
    for (const peer of [...peers, ...scripts]) peer.close();
    for (const { device } of devices) device.dispose();
  }
  if (flags.picture !== undefined) await writePicture(flags.picture, report);
  if (before === null) return;
  const slower = whatGotSlower(before, report);
  say(`\nover 10 % slower than in ${flags.compare}: ${slower.length === 0 ? "nothing" : ""}`);
  if (before.machine.cpu !== machine.cpu) say(`(that was another machine: ${before.machine.cpu})`);
  for (const line of slower) say(line);
}

/** A suite that fails does not take the others along. */
function tellOfFailure(name: SuiteName, error: unknown): readonly Row[] {
  console.error(`\n${name}: failed`, error);
  process.exitCode = 1;
  return [];
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("Expected a whole number of at least 1.");
  return value;
}

function oneOf<T extends string>(names: readonly T[]): (text: string) => T {
  return (text) => {
    const found = names.find((name) => name === text);
    if (found === undefined) throw new InvalidArgumentError(`Expected one of ${names.join(", ")}.`);
    return found;
  };
}

function listOf<T>(parse: (text: string) => T): (text: string) => readonly T[] {
  return (text) => text.split(",").map((part) => parse(part.trim()));
}
