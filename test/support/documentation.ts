/**
 * What the sources say about their exports: the comment in front of each, read as an editor would.
 */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

export interface Documented {
  /** The first sentence; "" where there is only a link. */
  readonly summary: string;
  /** The page of PyTorch's documentation, if the comment names one. */
  readonly link: string | null;
  /** A class that is there to be extended. */
  readonly abstract: boolean;
}

const commented =
  /\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\s*(?:\/\/.*\s*)*(export )?(?:async )?(abstract )?(?:function|class|const) (\w+)/g;
const renamed = /\b(\w+) as (\w+)/g;

/** The documented functions, classes and constants of the sources in a folder, by the names they are exported under. */
export async function documentation(folder: string): Promise<ReadonlyMap<string, Documented>> {
  const found = new Map<string, Documented>();
  const files = (await readdir(folder)).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  const sources = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  for (const source of sources) {
    for (const [, comment, exported, abstract, name] of source.matchAll(commented)) {
      const one = { ...read(comment!), abstract: abstract !== undefined };
      if (exported) found.set(name!, one);
      else if (!found.has(name!)) found.set(name!, one); // perhaps exported at the end of its file
    }
  }
  for (const source of sources) {
    for (const [, name, alias] of source.matchAll(renamed)) {
      if (found.has(name!)) found.set(alias!, found.get(name!)!);
    }
  }
  return found;
}

function read(comment: string): Omit<Documented, "abstract"> {
  const text = comment.replace(/^\s*\*? ?/gm, "");
  const link = /https:\/\/pytorch\.org\/docs\/\S+\.html\S*/.exec(text)?.[0] ?? null;
  const description = text
    .split(/^@/m)[0]!
    .replace(/\(?https?:\/\/\S+/g, "")
    .replace(/\s+/g, " ")
    .trim();
  return { summary: /^.*?\.(?= |$)/.exec(description)?.[0] ?? description, link };
}
