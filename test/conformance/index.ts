/**
 * `npm run conformance -- --json FILE`: ONNX's operator cases on every device that is here.
 */

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { openTestDevices } from "../support/devices.ts";
import { loadCases, missing } from "./cases.ts";
import { type Count, countByOperator, type Outcome, runCase } from "./run.ts";

const { values } = parseArgs({ options: { json: { type: "string" } } });

function table(counts: Readonly<Record<string, Count>>): string {
  const rows = Object.entries(counts).map(([op, { passed, wrong, excluded }]) => [
    op,
    passed,
    wrong,
    excluded,
  ]);
  const total = [1, 2, 3].map((column) => rows.reduce((sum, row) => sum + Number(row[column]), 0));
  return [["operator", "passed", "wrong", "excluded"], ...rows, ["all", ...total]]
    .map(([op, ...numbers]) => String(op).padEnd(28) + numbers.map((n) => String(n).padStart(9)).join(""))
    .join("\n");
}

if (missing) {
  console.error(`conformance: ${missing}`);
  process.exit(2);
}
const cases = loadCases();
const { present } = await openTestDevices();
const report: Record<string, Record<string, Count>> = {};
let wrongs: (Outcome & { device: string })[] = [];
for (const { label, device } of present) {
  const outcomes: Outcome[] = [];
  for (const one of cases) outcomes.push(await runCase(one, device));
  report[label] = countByOperator(outcomes);
  wrongs = [...wrongs, ...outcomes.filter(({ wrong }) => wrong).map((one) => ({ ...one, device: label }))];
  console.log(`\n${label}\n${table(report[label])}`);
  device.dispose();
}
for (const { device, op, name, wrong } of wrongs) console.log(`wrong on ${device}: ${op} ${name}: ${wrong}`);
if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
process.exitCode = wrongs.length > 0 ? 1 : 0;
