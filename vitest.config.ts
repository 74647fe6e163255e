/**
 * How the tests run: in Node, in Node with the slow ones, and in a real Chromium.
 *
 * `node` is the everyday project. `full` holds what takes minutes (`*.full.test.ts`). `chromium` runs
 * `*.browser.test.ts` in a headless browser, on its software GPU, so it needs no graphics card: the same sources that
 * run in Node, unbuilt. Without a browser that project is left out and says so, unless MIEN_REQUIRE_WEBGPU=1.
 */

import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { playwright } from "@vitest/browser-playwright";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const chromium = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

// Nothing takes a minute on an idle machine, and nobody is at fault for waiting longer on a busy one.
const common = { pool: "forks", testTimeout: 300_000, hookTimeout: 300_000 } as const;

const node: TestProjectInlineConfiguration = {
  test: {
    ...common,
    name: "node",
    include: ["test/**/*.test.ts", "packages/**/*.test.ts", "kernels/*.test.ts"],
    exclude: ["**/node_modules/**", "**/*.browser.test.ts", "**/*.full.test.ts"],
  },
};

const full: TestProjectInlineConfiguration = {
  test: { ...common, name: "full", include: ["**/*.full.test.ts"], testTimeout: 900_000 },
};

// Shared memory, and with it the worker threads of the CPU device, exists on pages with these headers alone.
const crossOriginIsolated = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

const browser: TestProjectInlineConfiguration = {
  server: { headers: crossOriginIsolated },
  test: {
    ...common,
    name: "chromium",
    include: ["**/*.browser.test.ts"],
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => name.startsWith("MIEN_"))),
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      provider: playwright({
        launchOptions: {
          executablePath: chromium,
          args: ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
        },
      }),
      instances: [{ browser: "chromium" }],
    },
  },
};

function withChromium(): boolean {
  if (existsSync(chromium) || process.env["MIEN_REQUIRE_WEBGPU"] === "1") return true;
  console.warn(`chromium: left out, there is no browser at ${chromium} (set CHROMIUM to its path)`);
  return false;
}

/** These take longest, though few of them are long: with one of them last, one worker would sit over it alone. */
const longest =
  /\/test\/((kernels|op-table|memory)\.test|(start|resume|plain-simd|default-limits|subgroups|float16-products)\.full\.test)\.ts$/;

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => longest.test(moduleId);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

export default defineConfig({
  test: {
    // Vitest leaves a core to itself, which it does not need, and of two cores takes one. Most of the time goes to tests
    // that keep one thread busy: kernels of the reference, and waiting for a GPU in software.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    sequence: { sequencer: LongestFirst },
    projects: withChromium() ? [node, full, browser] : [node, full],
    // Read from here alone, not from the project: how long a busy machine may take to start a browser.
    browser: { connectTimeout: 180_000 },
  },
});
