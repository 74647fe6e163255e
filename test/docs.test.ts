/**
 * The pages in docs/ tell of what is there.
 */

import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import * as nn from "../packages/nn/src/index.ts";
import * as ops from "../packages/tensor/src/ops/index.ts";
import { PAGE, supportMatrix } from "./op-table/support-matrix.ts";
import { documentation } from "./support/documentation.ts";
import { root } from "./support/program.ts";

test(`${PAGE} is up to date`, async () => {
  const page = await readFile(join(root, PAGE), "utf8");
  const fresh = await supportMatrix();
  // One line that differs says more than two pages that do.
  const [was, is] = [page, fresh].map((text) => text.split("\n"));
  const at = is!.findIndex((line, i) => line !== was![i]);
  const help = `line ${at + 1} of ${PAGE} is out of date. Help: npm run docs:ops`;
  expect(was![at], help).toBe(is![at]);
  expect(page.length, `${PAGE} goes on too long. Help: npm run docs:ops`).toBe(fresh.length);
});

describe("every export has a comment", () => {
  const cases = [
    ["tensor/src/ops", Object.entries(ops)],
    ["nn/src", Object.entries(nn)],
  ] as const;
  test.each(cases)("of %s", async (folder, exports) => {
    const sources = join(root, "packages", folder);
    const folders = (await readdir(sources, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isDirectory())
      .map(({ parentPath, name }) => join(parentPath, name));
    const found = await Promise.all([sources, ...folders].map(documentation));
    const documented = new Map(found.flatMap((one) => [...one]));
    const callable = exports.flatMap(([name, value]) => (typeof value === "function" ? [name] : []));
    expect(callable.filter((name) => !documented.get(name)?.summary)).toEqual([]);
  });
});

test.each(["README.md", "docs/architecture.md", "docs/performance.md"])(
  "%s links to what exists",
  async (page) => {
    const text = await readFile(join(root, page), "utf8");
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]+)/g)].map((match) =>
      join(root, page, "..", match[1]!),
    );
    expect(links.filter((path) => !existsSync(path))).toEqual([]);
  },
);

test("docs/architecture.md names what exists", async () => {
  const page = await readFile(join(root, "docs/architecture.md"), "utf8");
  const folders = ["bench", "docs", "examples", "kernels", "packages", "test"];
  const entries = await Promise.all(folders.map((name) => readdir(join(root, name), { recursive: true })));
  const paths = folders.flatMap((folder, i) => [
    `/${folder}`,
    ...entries[i]!.map((path) => `/${folder}/${path}`),
  ]);
  const named = [...page.matchAll(/`([\w./-]+(?:\/|\.(?:ts|wgsl|js)))`/g)].map((match) => match[1]!);
  expect(named.length).toBeGreaterThan(20);
  const missing = named.filter((name) => !paths.some((path) => path.endsWith(`/${name.replace(/\/$/, "")}`)));
  expect(missing).toEqual([]);
});
