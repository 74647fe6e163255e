/**
 * `config`: the settings that hold here, and where each comes from.
 */

import type { Command } from "commander";
import { CONFIG_KEYS } from "../config.ts";
import { defineCommand } from "../flags.ts";
import { formatTable } from "../text-table.ts";

const EXAMPLES = `
Order: defaults, then mien.config.ts (or --config FILE), then flags.

Examples:
  $ mien config
  $ mien config --epochs 30 --json`;

export function configCommand(): Command {
  return defineCommand<{ json?: boolean }>(
    "config",
    "Shows every setting, its value and where it comes from.",
    CONFIG_KEYS,
    async ({ config, sources, extra }) => {
      if (extra.json) {
        console.log(JSON.stringify(config, null, 2));
        return;
      }
      const rows = CONFIG_KEYS.map((key) => [
        key,
        config[key] === null ? "none" : String(config[key]),
        sources[key],
      ]);
      console.log(formatTable(["setting", "value", "from"], rows));
    },
  )
    .option("--json", "print the values as JSON, which --config can read again")
    .addHelpText("after", EXAMPLES);
}
