/**
 * docs/ops.md: what there is, and on which device it is proven. `npm run docs:ops` writes the page.
 *
 * Nothing on it is claimed, all is looked up. Element types, gradients and layouts are those of the op table's samples.
 * The kernels of an op are seen by running its samples, forward and backward, on a device that takes notes; and a
 * device gets its tick where its own table has all of these kernels. The tests then run every row on every device.
 */

import { writeFile } from "node:fs/promises";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { openReference } from "@mien/cpu";
import {
  apply,
  clone,
  type Device,
  type DeviceName,
  type KernelName,
  type Op,
  scope,
  type Tensor,
} from "@mien/tensor";
import { hostKernels } from "../../packages/cpu/src/kernels/table.ts";
import { kernels as referenceKernels } from "../../packages/cpu/src/reference/kernels.ts";
import * as layers from "../../packages/nn/src/layers/index.ts";
import * as losses from "../../packages/nn/src/losses.ts";
import * as optimizers from "../../packages/nn/src/optim/index.ts";
import * as schedulers from "../../packages/nn/src/optim/schedulers/index.ts";
import { kernels as webgpuKernels } from "../../packages/webgpu/src/kernels/table.ts";
import { opFamilies } from "../op-table.ts";
import { deviceLabels } from "../support/devices.ts";
import { type Documented, documentation } from "../support/documentation.ts";
import { root } from "../support/program.ts";
import { listOf, makeTensor, withTensors } from "../support/run-sample.ts";
import { Recipe, type Row } from "./row.ts";

/** Where the page lies, from the root. */
export const PAGE = "docs/ops.md";

const TICK = "✓";

/** The kernel tables of the devices. A device that the library gains has no entry here, and does not compile. */
const tables: Readonly<Record<DeviceName, object>> = {
  reference: referenceKernels,
  cpu: hostKernels,
  webgpu: webgpuKernels,
};
const devices = Object.keys(tables) as DeviceName[];

type Documentation = ReadonlyMap<string, Documented>;

/** The page as it should read. */
export async function supportMatrix(): Promise<string> {
  const sources = (folder: string) => documentation(`${root}/packages/${folder}`);
  const reference = openReference();
  try {
    const ops = await sources("tensor/src/ops");
    const families = opFamilies.flatMap(({ title, rows }) => [
      `### ${title}`,
      table(
        opColumns,
        entriesOf(rows).map((entry) => opCells(entry, ops, reference)),
      ),
    ]);
    const folders = ["layers", ".", "optim", "optim/schedulers"].map((folder) => sources(`nn/src/${folder}`));
    const documented = new Map((await Promise.all(folders)).flatMap((one) => [...one]));
    const parts = Object.entries(library).flatMap(([title, exports]) => [
      `## ${title}`,
      table(
        ["name", "what it is"],
        namesOf(exports, documented).map((name) => partCells(name, documented)),
      ),
    ]);
    return `${[head, "## Ops", ...families, ...parts].join("\n\n")}\n`;
  } finally {
    reference.dispose();
  }
}

const head = `# What there is

This page is made from the op table of the tests (\`test/op-table/\`) by \`npm run docs:ops\`; a test fails where it is out of
date. Names link to PyTorch's documentation, which holds here as well.

**A tick under a device** means that the device has every kernel that the op launches, forward and backward, and that the
tests prove the op there. \`test/op-table.test.ts\` runs all its cases in float32: values and gradients within 1e-5 of the
reference in float64; transposed, sliced and expanded inputs; NaN, infinities, huge and tiny numbers; guard words round
every buffer, and NaN in all memory that is new or freed; the same bits twice. \`test/op-leaks.test.ts\` counts what is left
behind, which is nothing. The reference's own gradients are checked against central differences. No kernel computes on
another device or reads back. The tests open these devices: ${deviceLabels.join(", ")}; those in
brackets in \`npm run test:full\`, and of those the last for matrix products alone.

- *method*: whether \`x.relu()\` is there beside \`relu(x)\`; its name, where that is another.
- *types*: of the first tensor, and after "with" those of the others where they are not the same. Where float32 is taken,
  the reference takes float64 as well.
- *gradient*: whether \`backward()\` goes through it.
- *layouts*: those that are tested; "any" is contiguous, transposed, sliced with a step, and expanded. Where a kernel wants
  its inputs contiguous, the op copies them.
- *cases*: calls that are run, and calls that are refused with an error.
- *kernels*: what those calls launched, backward included. A view launches nothing; the copies are its gradient's.`;

// ---- ops ----

const opColumns = ["op", "method", "types", "gradient", "layouts", ...devices, "cases", "kernels"];

/** One op with all of its rows: beside its own there may be one such as \`add, number first\`. */
interface Entry {
  readonly op: string;
  readonly rows: readonly Row[];
}

function entriesOf(rows: readonly Row[]): Entry[] {
  const own = rows.filter(({ op }) => !op.includes(","));
  return own.map(({ op }) => ({ op, rows: rows.filter((row) => row.op.split(",")[0] === op) }));
}

function opCells(entry: Entry, documented: Documentation, reference: Device): string[] {
  const { op, rows } = entry;
  const { method, layouts } = rows.find((row) => row.op === op)!;
  const samples = rows.flatMap((row) => Object.values({ ...row.samples, ...row.large }).map(recipesIn));
  const special = rows.flatMap((row) => Object.values(row.special).map(recipesIn));
  const refused = rows.flatMap((row) => Object.keys(row.errors));
  const { kernels, differentiable } = observe(entry, reference);
  return [
    linked(op, documented),
    method === null ? "" : method === op ? TICK : method,
    typesOf([...samples, ...special]),
    differentiable ? TICK : "",
    layouts.length === 4 ? "any" : layouts.join(", "),
    ...devices.map((device) => (kernels.every((kernel) => kernel in tables[device]) ? TICK : "")),
    `${samples.length + special.length} + ${refused.length}`,
    kernels.join(", "),
  ];
}

/** The recipes among the arguments of a sample, in order. */
function recipesIn(value: unknown): Recipe[] {
  if (value instanceof Recipe) return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(recipesIn) : [];
}

function typesOf(samples: readonly (readonly Recipe[])[]): string {
  const names = (recipes: readonly Recipe[]): string => {
    const found = new Set<string>(recipes.map(({ dtype }) => (dtype === "float" ? "float32" : dtype)));
    return ["float32", "float64", "int32", "bool", "uint8"].filter((dtype) => found.has(dtype)).join(", ");
  };
  const first = names(samples.flatMap((recipes) => recipes.slice(0, 1)));
  const others = names(samples.flatMap((recipes) => recipes.slice(1)));
  return others === "" || others === first ? first : `${first} with ${others}`;
}

interface Observed {
  readonly kernels: readonly KernelName[];
  /** Whether an output had a gradient to pass on. */
  readonly differentiable: boolean;
}

/** Runs an op's samples, forward and backward, and notes what is launched. */
function observe({ rows }: Entry, reference: Device): Observed {
  const launched = new Set<KernelName>();
  let differentiable = false;
  let listening = false;
  const device = new Proxy(reference, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== "function") return value;
      return (...args: unknown[]): unknown => {
        if (listening && property === "launch") launched.add(args[0] as KernelName);
        return Reflect.apply(value, target, args);
      };
    },
  });
  /** Stands behind the op: what backward() launches before it comes here is not the op's. */
  const listen: Op<[x: Tensor], null> = {
    name: "listen",
    forward: ([x]) => clone(x),
    gradients: ({ grad }) => [
      () => {
        listening = true;
        return grad;
      },
    ],
  };
  for (const row of rows) {
    for (const [name, sample] of Object.entries({ ...row.samples, ...row.large })) {
      scope(() => {
        const args = withTensors(sample, (recipe, i) => {
          const dtype = recipe.dtype === "float" ? "float32" : recipe.dtype;
          const input = makeTensor(recipe.values(`${name} ${i}`), recipe.shape, { device, dtype }, "plain");
          input.requiresGrad = recipe.differentiable;
          return input;
        });
        listening = true;
        const outputs = listOf(row.run(...args));
        listening = false;
        for (const output of outputs.filter(({ requiresGrad }) => requiresGrad)) {
          differentiable = true;
          const heard = apply(listen, [output], null);
          heard.backward(heard.onesLike());
          listening = false;
        }
      });
    }
  }
  const known = Object.keys(referenceKernels) as KernelName[];
  return { kernels: known.filter((name) => launched.has(name)), differentiable };
}

// ---- layers, losses, optimizers, schedulers ----

const library: Readonly<Record<string, object>> = {
  Layers: layers,
  Losses: losses,
  "Optimizers, and what goes with them": Object.fromEntries(
    Object.entries(optimizers).filter(([name]) => !(name in schedulers)),
  ),
  Schedulers: schedulers,
};

/** What can be used as it is: base classes are left out. */
function namesOf(exports: object, documented: Documentation): string[] {
  const names = Object.keys(exports).toSorted(); // bundlers order them as they like
  return names.filter((name) => !documented.get(name)?.abstract);
}

function partCells(name: string, documented: Documentation): string[] {
  return [linked(name, documented), documented.get(name)?.summary ?? ""];
}

// ---- Markdown ----

function linked(name: string, documented: Documentation): string {
  const link = documented.get(name)?.link;
  return link ? `[${name}](${link})` : name;
}

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map(line)].join("\n");
}

if (argv[1] === fileURLToPath(import.meta.url)) await writeFile(`${root}/${PAGE}`, await supportMatrix());
