/**
 * `info`: what a data set or a model file holds.
 */

import { stat } from "node:fs/promises";
import type { Command } from "commander";
import { DataError } from "mien";
import { defineCommand } from "../flags.ts";
import { describeData, formatDataInfo } from "../info-data.ts";
import { describeModel, formatModelInfo } from "../info-model.ts";

interface InfoFlags {
  readonly operands: readonly string[];
  readonly json?: boolean;
}

const EXAMPLES = `
--device has no effect here.

Examples:
  $ mien info faces                              counts and shares, sizes, unreadable and blank images
  $ mien info models/best_model.safetensors      layers, shapes, parameters, training`;

export function infoCommand(): Command {
  return defineCommand<InfoFlags>(
    "info",
    "Tells what a folder of faces or a model file holds.",
    [],
    async ({ extra }) => {
      const [path] = extra.operands as [string];
      const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
        throw new DataError(
          `info: cannot look at ${path}, got ${cause.code}, expected a folder or a .safetensors file`,
          { cause },
        );
      });
      const [info, text] = found.isDirectory()
        ? await describeData(path).then((data) => [data, formatDataInfo(data)] as const)
        : await describeModel(path).then((model) => [model, formatModelInfo(model)] as const);
      console.log(extra.json ? JSON.stringify(info, null, 2) : text);
    },
  )
    .argument("<path>", "a folder of faces, or a model file")
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLES);
}
