/**
 * The flags that the programs share, and how a value is checked.
 *
 * train, evaluate and predict take one set of flags, so that a command line can be edited from one into the next.
 */

import { Command, InvalidArgumentError, Option } from "commander";
import { DEVICE_CHOICES, type DeviceChoice } from "mien";

export interface CommonFlags {
  readonly data?: string;
  readonly device: DeviceChoice;
  readonly epochs?: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly threads?: number;
  readonly quiet?: boolean;
  readonly models: string;
  readonly results: string;
  readonly skipBad?: boolean;
}

/** Reads a whole number in a range; commander puts the flag's name before the message. */
function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < least || value > most) {
      throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
    }
    return value;
  };
}

/** Reads a number above `above` and up to `most`. */
export function positiveNumber(most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === "" || !(value > 0 && value <= most)) {
      throw new InvalidArgumentError(`Expected a number above 0, at most ${most}.`);
    }
    return value;
  };
}

/** A program with the shared flags, before its own. */
export function commandWithFlags(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option(
      "--data <dir>",
      "folder with {train,validation,test}/{happy,neutral,sad,surprise}; default: built-in faces",
    )
    .addOption(new Option("--device <name>", "where to compute").choices(DEVICE_CHOICES).default("auto"))
    .option(
      "--epochs <n>",
      "most epochs to train (default: 50; fewer on the built-in faces)",
      wholeNumber(1, 100_000),
    )
    .option("--batch-size <n>", "images per step", wholeNumber(1, 65_536), 64)
    .option("--seed <n>", "makes a run repeatable", wholeNumber(0, Number.MAX_SAFE_INTEGER), 42)
    .option("--threads <n>", "threads of the CPU device (default: all)", wholeNumber(1, 256))
    .option("--models <dir>", "where models are written to and read from", "models")
    .option("--results <dir>", "where reports are written to", "results")
    .option("--skip-bad", "leave out images that cannot be read, instead of stopping")
    .option("--quiet", "print results and warnings alone")
    .showHelpAfterError("(add --help for the flags)")
    .allowExcessArguments(false);
}
