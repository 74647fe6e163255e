/**
 * Random calls of all ops in turn.
 */

import { openReference } from "@mien/cpu";
import { openTestDevices } from "../support/devices.ts";
import { FuzzError, newTally, runCall, type Tally, type TestDevice } from "./run.ts";
import { targets } from "./table.ts";

/** The devices of the tests but the reference, which the others are compared with. */
export async function openFuzzDevices(): Promise<{
  readonly devices: readonly TestDevice[];
  readonly close: () => void;
}> {
  const { present } = await openTestDevices();
  return {
    devices: present.filter(({ label }) => label !== "reference"),
    close: () => {
      for (const { device } of present) device.dispose();
    },
  };
}

export interface FuzzOptions {
  readonly seed: number;
  /** How many calls, of all ops together. */
  readonly calls: number;
  /** One op alone. Default: all. */
  readonly op?: string | undefined;
  /** After how many failures to stop. Default: 1. */
  readonly stopAfter?: number;
  readonly devices: readonly TestDevice[];
}

export async function fuzz({ seed, calls, op, stopAfter = 1, devices }: FuzzOptions): Promise<{
  readonly tally: Tally;
  readonly failures: readonly FuzzError[];
}> {
  const chosen = op ? targets.filter((target) => target.op === op) : targets;
  if (chosen.length === 0) throw new Error(`fuzz: there is no op ${op}`);
  const reference = openReference();
  const tally = newTally();
  const failures: FuzzError[] = [];
  for (let call = 0; call < calls && failures.length < stopAfter; call++) {
    const target = chosen[call % chosen.length]!;
    try {
      await runCall({ seed, target, round: Math.floor(call / chosen.length) }, devices, reference, tally);
    } catch (error) {
      if (!(error instanceof FuzzError)) throw error;
      failures.push(error);
    }
  }
  reference.dispose();
  return { tally, failures };
}
