/**
 * The program `mien`: one command with subcommands.
 */

import { Command } from "commander";
import { configCommand } from "./commands/config.ts";
import { convertCommand } from "./commands/convert.ts";
import { dedupeCommand } from "./commands/dedupe.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { infoCommand } from "./commands/info.ts";
import { predictCommand } from "./commands/predict.ts";
import { trainCommand } from "./commands/train.ts";
import { runProgram } from "./program.ts";

const program = new Command("mien")
  .description("Reads faces: happy, neutral, sad or surprised.")
  .addCommand(trainCommand())
  .addCommand(evaluateCommand())
  .addCommand(predictCommand())
  .addCommand(infoCommand())
  .addCommand(dedupeCommand())
  .addCommand(convertCommand())
  .addCommand(configCommand())
  .addCommand(doctorCommand());

await runProgram(program);
