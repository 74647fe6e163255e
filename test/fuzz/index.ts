/**
 * Random calls from the command line, to look for failures or to repeat one.
 *
 *   npm run fuzz -- --seed 7 --calls 40000
 *   npm run fuzz -- --op conv2d --calls 500 --all
 *
 * MIEN_DEVICES chooses devices, as in the tests. Without --all it stops at the first failure.
 */

import { parseArgs } from "node:util";
import { fuzz, openFuzzDevices } from "./fuzz.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    calls: { type: "string", default: "2000" },
    op: { type: "string" },
    all: { type: "boolean", default: false },
  },
});

const { devices, close } = await openFuzzDevices();
const started = performance.now();
const { tally, failures } = await fuzz({
  seed: Number(values.seed),
  calls: Number(values.calls),
  op: values.op,
  stopAfter: values.all ? Infinity : 1,
  devices,
});
for (const { message } of failures) console.error(`\n${message}`);
console.info(
  `${tally.valid} valid calls, ${tally.uncertain} of uncertain value; ${tally.invalid} invalid ones; ` +
    `${failures.length} failures; ${((performance.now() - started) / 1000).toFixed(1)} s on ` +
    `${devices.map(({ label }) => label).join(", ")}`,
);
close();
if (failures.length > 0) process.exitCode = 1;
