/**
 * The README's snippets run as they are written, and print what it says.
 *
 * Either a comment behind each console.log names the values, or a block of text behind the snippet shows all output.
 * Numbers are rounded there, so they are compared to one decimal place.
 */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, runEntry } from "./support/program.ts";

const readme = await readFile(join(root, "README.md"), "utf8");
const snippets = [...readme.matchAll(/```ts\n([\s\S]*?)```(?:\n\n[^\n]*\n\n```text\n([\s\S]*?)```)?/g)].map(
  ([, snippet, output]) => ({ title: titleBefore(snippet!), snippet: snippet!, output }),
);

function titleBefore(snippet: string): string {
  const before = readme.slice(0, readme.indexOf(snippet));
  return before.slice(before.lastIndexOf("\n##")).split("\n")[1]!.replace(/^#+ /, "");
}

function promised(snippet: string): string[] {
  return [...snippet.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].flatMap((match) => match[1]!.split(", "));
}

test("there are snippets", () => expect(snippets.length).toBeGreaterThan(0));

test.each(snippets)("$title", async ({ snippet, output }) => {
  const cwd = await mkdtemp(join(root, "node_modules", ".readme-")); // where imports of the packages resolve
  await writeFile(join(cwd, "snippet.mts"), snippet);
  try {
    const { code, stdout, stderr } = await runEntry(join(cwd, "snippet.mts").slice(root.length), [], { cwd });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const printed = stdout.trim().split(/\s+/);
    const expected = output?.trim().split(/\s+/) ?? promised(snippet);
    expect(printed).toHaveLength(expected.length);
    for (const [i, value] of expected.entries()) {
      if (Number.isNaN(Number(value))) expect(printed[i]).toBe(value);
      else expect(Number(printed[i])).toBeCloseTo(Number(value), 1);
    }
  } finally {
    await rm(cwd, { recursive: true });
  }
});
