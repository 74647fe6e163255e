/**
 * The command line, made from the configuration's schema: a flag for every key, read as text and checked with the rest
 * of the configuration.
 */

import { Command, Option } from "commander";
import { z } from "zod";
import {
  CONFIG_KEYS,
  type Config,
  type ConfigKey,
  configSchema,
  type EffectiveConfig,
  flagOf,
  loadConfig,
} from "./config.ts";

/** What all commands know beside the configuration. */
export interface CommonFlags {
  readonly config?: string;
  readonly quiet?: boolean;
}

/** What a command is given. */
export interface Invocation<Extra> {
  readonly config: Config;
  readonly sources: EffectiveConfig["sources"];
  readonly extra: Extra & CommonFlags;
  /** Prints a line, unless --quiet. */
  readonly say: (line: string) => void;
}

type JsonSchema = { type?: string; anyOf?: JsonSchema[]; enum?: string[]; default?: unknown };

/** What kind of value a key takes, read off its schema. */
function kindOf(key: ConfigKey): {
  type: string;
  nullable: boolean;
  choices: string[] | undefined;
  fallback: unknown;
} {
  const json = z.toJSONSchema(configSchema.shape[key], { io: "input" }) as JsonSchema;
  const own = json.anyOf?.find(({ type }) => type !== "null") ?? json;
  return {
    type: own.type ?? "string",
    nullable: json.anyOf !== undefined,
    choices: own.enum,
    fallback: json.default,
  };
}

/** A command-line text as a value; what it means is checked with the whole configuration. */
function parseValue(text: string, type: string, nullable: boolean): unknown {
  if (nullable && text === "none") return null;
  if (type === "array") return text.split(",").map((part) => numberOf(part));
  return type === "number" || type === "integer" ? numberOf(text) : text;
}

function numberOf(text: string): number | string {
  return text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text);
}

function optionFor(key: ConfigKey): Option {
  const { type, nullable, choices, fallback } = kindOf(key);
  const { description = "" } = configSchema.shape[key];
  const shown =
    fallback === null ? "" : ` (default: ${Array.isArray(fallback) ? fallback.join(",") : fallback})`;
  if (type === "boolean") {
    return fallback
      ? new Option(flagOf(`no${key[0]!.toUpperCase()}${key.slice(1)}`), `do not ${description}`)
      : new Option(flagOf(key), description);
  }
  const name = type === "array" ? "a,b" : type === "string" ? (choices ? "name" : "path") : "n";
  const option = new Option(`${flagOf(key)} <${name}>`, `${description}${shown}`);
  return choices ? option.choices(choices) : option.argParser((text) => parseValue(text, type, nullable));
}

/** The keys that every command takes, so that a command line can be edited from one into another. */
export const SHARED_KEYS: readonly ConfigKey[] = [
  "data",
  "device",
  "threads",
  "matmulPrecision",
  "seed",
  "epochs",
  "batchSize",
  "models",
  "results",
  "skipBad",
];

/**
 * Makes a command with a flag for each of `keys`, `--config` and `--quiet`.
 *
 * @param run is called with the checked configuration, and the command's other flags in `extra`
 */
export function defineCommand<Extra extends object>(
  name: string,
  description: string,
  keys: readonly ConfigKey[],
  run: (invocation: Invocation<Extra>) => Promise<void>,
): Command {
  const command = new Command(name).description(description);
  // Every command takes --device, so that a command line can be edited from one into another.
  const own: readonly string[] = CONFIG_KEYS.filter((key) => keys.includes(key) || key === "device");
  for (const key of own) command.addOption(optionFor(key as ConfigKey));
  return command
    .option("--config <file>", "settings from a file (default: mien.config.ts, if it is there)")
    .option("--quiet", "print results and warnings alone")
    .showHelpAfterError("(add --help for the flags)")
    .action(async (...args: unknown[]) => {
      const given = command.opts() as Record<string, unknown>;
      const flags: Record<string, unknown> = {};
      const extra: Record<string, unknown> = {};
      for (const [key, value] of Object.entries(given)) {
        if (!own.includes(key)) extra[key] = value;
        else if (command.getOptionValueSource(key) !== "default") flags[key] = value;
      }
      const operands = args.slice(0, -2);
      const { config, sources } = await loadConfig(flags, extra["config"] as string | undefined);
      const say = extra["quiet"] ? () => {} : (line: string) => console.log(line);
      await run({ config, sources, extra: { ...extra, operands } as unknown as Extra & CommonFlags, say });
    });
}
