/**
 * The README's snippets run as they are written.
 */

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, runEntry } from "./support/program.ts";

const readme = await readFile(join(root, "README.md"), "utf8");
const snippets = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]!);

test("there are snippets", () => expect(snippets.length).toBeGreaterThan(0));

test.each(snippets.map((snippet) => [snippet.split("\n")[0]!, snippet]))("%s", async (_, snippet) => {
  const folder = await mkdtemp(join(root, "node_modules", ".readme-")); // where imports of the packages resolve
  await writeFile(join(folder, "snippet.mts"), snippet);
  try {
    const { code, stdout, stderr } = await runEntry(join(folder, "snippet.mts").slice(root.length), []);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    // A comment behind console.log says what it prints, rounded.
    const promised = [...snippet.matchAll(/console\.log\(.*\); \/\/ (.*)/g)].flatMap((match) =>
      match[1]!.split(", "),
    );
    const printed = stdout.trim().split(/\s+/);
    expect(printed).toHaveLength(promised.length);
    for (const [i, value] of promised.entries()) expect(Number(printed[i])).toBeCloseTo(Number(value), 1);
  } finally {
    await rm(folder, { recursive: true });
  }
});
