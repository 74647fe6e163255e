/**
 * `dedupe`: takes the duplicates out of a folder of faces.
 *
 * Which copy stays is decided by three rules. Of copies with one label, the first stays in the order test, validation,
 * train, and then of names: so a leak costs the training part an image, never the parts that judge the model. Of
 * copies with different labels none stays, because nothing in the data says which label is right, and an image that
 * is taught or asked both ways is worse than none. And nothing is deleted: see `quarantine.ts`.
 */

import { relative, sep } from "node:path";
import { DataError } from "mien";
import { EMOTIONS, type Emotion } from "../classes.ts";
import {
  DEFAULT_DUPLICATES,
  type DuplicateCluster,
  type DuplicateImage,
  type DuplicateOptions,
  findDuplicates,
} from "../duplicates.ts";
import { classCounts, type FaceData, SPLITS, type Split } from "../images.ts";
import { type LoadCachedOptions, loadFolderCached } from "./pixel-cache.ts";
import { interruptedQuarantine, type QuarantineMove, quarantine, resumeQuarantine } from "./quarantine.ts";
import { type Cell, formatTable } from "./text-table.ts";

/** Why an image is set aside. */
export const REMOVAL_REASONS = ["exact copy", "near copy", "leak", "contradiction"] as const;
export type RemovalReason = (typeof REMOVAL_REASONS)[number];

export interface Removal extends QuarantineMove {
  readonly reason: RemovalReason;
  readonly split: Split;
  readonly label: Emotion;
}

export interface DedupeOptions extends DuplicateOptions, LoadCachedOptions {
  /** Moves the files; otherwise they are only named. Default: false. */
  readonly apply?: boolean;
}

export interface DedupeReport {
  readonly root: string;
  readonly settings: Required<DuplicateOptions>;
  /** Images per split and class, before. */
  readonly counts: Readonly<Record<Split, readonly number[]>>;
  /** Paths are relative to the root. */
  readonly clusters: readonly DuplicateCluster[];
  readonly removals: readonly Removal[];
  /** Of what was moved, for `undo`; null in a dry run, or when there was nothing to move. */
  readonly manifest: string | null;
  /** The manifest of an earlier run that had been interrupted and was brought to its end first. */
  readonly resumed: string | null;
}

/**
 * Finds the duplicates of a data set `ROOT/{train,validation,test}/{class}`, and moves them into quarantine when asked.
 *
 * Images are compared as the network sees them: at `options.size`, 48 pixels by default.
 *
 * @throws DataError when the folder cannot be read, or a file cannot be moved
 * @throws ArgumentError for options out of range
 */
export async function dedupe(root: string, options: DedupeOptions = {}): Promise<DedupeReport> {
  const resumed = options.apply ? await resumeInterrupted(root) : null;
  const data = withRelativePaths(await loadFolderCached(root, options), root);
  const { hashDistance, pixelDistance } = { ...DEFAULT_DUPLICATES, ...options };
  const settings = { hashDistance, pixelDistance };
  const clusters = findDuplicates(data, settings);
  const removals = planRemovals(clusters);
  const moves = removals.map(({ file, reason, keeps }) => ({ file, reason, keeps }));
  const manifest = options.apply && moves.length > 0 ? await quarantine(root, moves, settings) : null;
  const counts = {
    train: classCounts(data.train),
    validation: classCounts(data.validation),
    test: classCounts(data.test),
  };
  return { root, settings, counts, clusters, removals, manifest, resumed };
}

async function resumeInterrupted(root: string): Promise<string | null> {
  const interrupted = await interruptedQuarantine(root);
  if (!interrupted) return null;
  if (interrupted.state === "undoing") {
    throw new DataError(
      `dedupe: an undo was interrupted, got a half-restored ${root}. Help: undo ${interrupted.path} again first`,
    );
  }
  await resumeQuarantine(interrupted.path);
  return interrupted.path;
}

/** With files named as a manifest names them: relative to the root, with slashes. */
function withRelativePaths(data: FaceData, root: string): FaceData {
  const renamed = SPLITS.map((split) => {
    const files = data[split].files?.map((file) => relative(root, file).split(sep).join("/"));
    return [split, { ...data[split], ...(files && { files }) }];
  });
  return { ...data, ...(Object.fromEntries(renamed) as Pick<FaceData, Split>) };
}

/** What has to go so that every picture is there once, and none under two labels. */
export function planRemovals(clusters: readonly DuplicateCluster[]): Removal[] {
  return clusters.flatMap((cluster) => {
    const kept = cluster.contradicts ? null : mostPrecious(cluster.images);
    return cluster.images
      .filter((image) => image !== kept)
      .map((image) => ({
        file: image.path,
        reason: reasonFor(image, kept),
        keeps: kept?.path ?? null,
        split: image.split,
        label: image.label,
      }));
  });
}

/** The first of the last part: clusters list their images by part and then by path. */
function mostPrecious(images: readonly DuplicateImage[]): DuplicateImage | null {
  const lastSplit = images.at(-1)?.split;
  return images.find(({ split }) => split === lastSplit) ?? null;
}

function reasonFor(image: DuplicateImage, kept: DuplicateImage | null): RemovalReason {
  if (!kept) return "contradiction";
  if (image.split !== kept.split) return "leak";
  return image.picture === kept.picture ? "exact copy" : "near copy";
}

/** The report as text for a terminal: what was found, what goes, and what is left. */
export function formatDedupeReport(report: DedupeReport): string {
  const { clusters, removals, settings } = report;
  const of = (kind: DuplicateCluster["kind"]) => clusters.filter((cluster) => cluster.kind === kind);
  const row = (name: string, some: readonly DuplicateCluster[]): Cell[] => [
    name,
    some.length,
    some.reduce((sum, { images }) => sum + images.length, 0),
    some.filter(({ leaks }) => leaks).length,
    some.filter(({ contradicts }) => contradicts).length,
  ];
  const found = formatTable(
    ["duplicates", "clusters", "images", "across splits", "across classes"],
    [row("exact", of("exact")), row("near", of("near")), row("all", clusters)],
  );
  const removed = formatTable(
    ["set aside", "images", ...REMOVAL_REASONS, "removed", "left"],
    SPLITS.map((split) => {
      const here = removals.filter((removal) => removal.split === split);
      const before = report.counts[split].reduce((sum, count) => sum + count, 0);
      const byReason = REMOVAL_REASONS.map((reason) => here.filter((r) => r.reason === reason).length);
      return [split, before, ...byReason, here.length, before - here.length];
    }),
  );
  const lines = [
    `${report.root}: near means at most ${settings.hashDistance} of 64 hash bits and a mean squared pixel difference ` +
      `of ${settings.pixelDistance}`,
    "",
    found,
    "",
    removed,
    "",
    ...emptied(report),
    ...outcome(report),
  ];
  return lines.join("\n");
}

/** Warnings of classes of which nothing would be left. */
function emptied({ counts, removals }: DedupeReport): string[] {
  return SPLITS.flatMap((split) =>
    EMOTIONS.filter((label, c) => {
      const gone = removals.filter((removal) => removal.split === split && removal.label === label).length;
      return gone > 0 && gone === counts[split][c];
    }).map((label) => `warning: no image of ${split}/${label} is left`),
  );
}

function outcome({ removals, manifest, resumed }: DedupeReport): string[] {
  const first = resumed ? [`an interrupted run was brought to its end: ${resumed}`] : [];
  if (removals.length === 0) return [...first, "nothing to set aside"];
  if (manifest === null) return [...first, `dry run: ${removals.length} images would be set aside`];
  return [...first, `${removals.length} images set aside; to put them back: undo ${manifest}`];
}
