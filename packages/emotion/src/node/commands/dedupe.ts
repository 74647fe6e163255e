/**
 * `dedupe`: duplicates within and across splits and classes, found, shown, and moved out of the way on request.
 */

import { join } from "node:path";
import { type Command, Option } from "commander";
import { writeFileAtomic } from "../atomic-write.ts";
import { UsageError } from "../config.ts";
import { type DedupeReport, dedupe, formatDedupeReport } from "../dedupe.ts";
import { defineCommand, type Invocation } from "../flags.ts";
import { loadImageFile } from "../folder.ts";
import { drawContactSheet } from "../pictures/index.ts";
import { undo } from "../quarantine.ts";

interface DedupeFlags {
  readonly apply?: boolean;
  readonly undo?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Without --apply nothing is moved. With it, files go to a quarantine folder beside a manifest, from which --undo puts
them back. --device has no effect here.

Examples:
  $ mien dedupe --data faces
  $ mien dedupe --data faces --apply
  $ mien dedupe --undo MANIFEST`;

/** How many clusters the contact sheet shows of each kind, and how many images of each cluster. */
const CLUSTERS_SHOWN = 12;
const COPIES_SHOWN = 4;

export function dedupeCommand(): Command {
  return defineCommand<DedupeFlags>(
    "dedupe",
    "Finds images that stand more than once.",
    ["data", "results", "skipBad"],
    runDedupe,
  )
    .option("--apply", "move what is superfluous to quarantine")
    .addOption(new Option("--undo <manifest>", "put the files of a quarantine back").conflicts("apply"))
    .option("--json", "print the report as JSON")
    .addHelpText("after", EXAMPLES);
}

async function runDedupe({ config, extra, say }: Invocation<DedupeFlags>): Promise<void> {
  if (extra.undo) {
    const { restored, blocked, missing } = await undo(extra.undo);
    console.log(`put back: ${restored} files`);
    for (const file of blocked)
      console.error(`warning: left in quarantine, because another file has its place: ${file}`);
    for (const file of missing) console.error(`warning: neither in quarantine nor in its place: ${file}`);
    return;
  }
  if (config.data === null) throw new UsageError("dedupe: expected a folder. Help: name one with --data");
  const report = await dedupe(config.data, { apply: extra.apply ?? false, skipBad: config.skipBad });
  console.log(extra.json ? JSON.stringify(report, null, 2) : formatDedupeReport(report));
  if (report.clusters.length === 0 || report.manifest) return; // what was moved cannot be drawn any more
  const path = join(config.results, "duplicates.png");
  await writeFileAtomic(path, await drawDuplicates(report));
  if (!extra.json) say(`saved: ${path}`);
}

/** A few clusters of each kind, copies side by side. */
async function drawDuplicates({ root, clusters }: DedupeReport): Promise<Uint8Array> {
  const kinds = [
    { heading: "In more than one split", belongs: (c: Cluster) => c.leaks },
    { heading: "With contradictory labels", belongs: (c: Cluster) => !c.leaks && c.contradicts },
    { heading: "Exact copies", belongs: (c: Cluster) => !c.leaks && !c.contradicts && c.kind === "exact" },
    { heading: "Near copies", belongs: (c: Cluster) => !c.leaks && !c.contradicts && c.kind === "near" },
  ];
  const sections = [];
  for (const { heading, belongs } of kinds) {
    const some = clusters.filter(belongs).slice(0, CLUSTERS_SHOWN);
    const images = some.flatMap((cluster) => cluster.images.slice(0, COPIES_SHOWN));
    if (images.length === 0) continue;
    const cells = await Promise.all(
      images.map(async ({ path, split, label }) => {
        const { data: image, channels } = await loadImageFile(join(root, path), 48);
        return { image, channels, size: 48, caption: `${split}: ${label}`, note: path.split("/").at(-1)! };
      }),
    );
    sections.push({ heading: `${heading}: ${clusters.filter(belongs).length} clusters`, cells });
  }
  return drawContactSheet({ title: "Duplicates", subtitle: `${clusters.length} clusters`, sections });
}

type Cluster = DedupeReport["clusters"][number];
