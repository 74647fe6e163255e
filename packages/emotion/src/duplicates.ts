/**
 * Duplicates: the same photo more than once, in a set of labelled images that is split into parts.
 *
 * Copies harm in three ways. Within one part they count double. Across two parts they leak: the model is tested on
 * what it was trained on. And under two labels they contradict, so that one of them is wrong and nobody knows which.
 *
 * Exact copies have the same pixels; near ones have hashes a few bits apart and pixels that agree. Comparing all pairs
 * of 20,000 images would be 200 million comparisons, so hashes are cut into bands, more of them than bits may differ:
 * of two hashes that are close enough, at least one band is then equal (the pigeonhole principle), and only images
 * that share a band are compared. What is alike is joined by union-find, so alikeness reaches through a chain.
 */

import { ArgumentError } from "@mien/tensor";
import { EMOTIONS, type Emotion } from "./classes.ts";
import { type FaceData, imageAt, SPLITS, type Split } from "./images.ts";
import { differenceHash, hashDistance, type ImageHash, pixelDistance } from "./perceptual-hash.ts";

export interface DuplicateOptions {
  /**
   * In how many of 64 bits the hashes of near copies may differ, 0 to 15. Default: 2. On FER2013, pairs up to 6 bits
   * apart whose pixels agree are other crops of one photo; from 8 on the first ones are strangers in a dim light.
   */
  readonly hashDistance?: number;
  /** The most that their mean squared pixel difference may be. Below 0 only exact copies are found. Default: 400. */
  readonly pixelDistance?: number;
}

export const DEFAULT_DUPLICATES: Required<DuplicateOptions> = { hashDistance: 2, pixelDistance: 400 };

/** One of several images that show the same. */
export interface DuplicateImage {
  /** The file, or `split #index` when the image came from none. */
  readonly path: string;
  readonly split: Split;
  readonly label: Emotion;
  /** Where it stands in its part of the data set. */
  readonly index: number;
  /** Members of a cluster with the same number have the same pixels. */
  readonly picture: number;
}

/** Images that show the same, two or more, in the order of the parts and then of their paths. */
export interface DuplicateCluster {
  /** `exact` if all pixels are the same; a `near` cluster may hold exact copies too. */
  readonly kind: "exact" | "near";
  readonly images: readonly DuplicateImage[];
  readonly splits: readonly Split[];
  readonly labels: readonly Emotion[];
  /** Whether it reaches across parts of the data set. */
  readonly leaks: boolean;
  /** Whether its images have different labels. */
  readonly contradicts: boolean;
}

/**
 * Finds all images that stand in a data set more than once.
 *
 * Time grows with the number of images, not with its square, as long as few bits may differ.
 *
 * @returns the clusters, in the order of their first images
 * @throws ArgumentError for options out of range, or parts whose images have different sizes
 */
export function findDuplicates(data: FaceData, options: DuplicateOptions = {}): DuplicateCluster[] {
  const limits = { ...DEFAULT_DUPLICATES, ...options };
  if (!Number.isInteger(limits.hashDistance) || limits.hashDistance < 0 || limits.hashDistance > 15) {
    throw new ArgumentError(
      `findDuplicates: hashDistance out of range, got ${limits.hashDistance}, expected a whole number from 0 to 15`,
    );
  }
  if (Number.isNaN(limits.pixelDistance)) {
    throw new ArgumentError(
      "findDuplicates: pixelDistance is not a number, expected a mean squared difference",
    );
  }
  const { images, size } = listImages(data);
  const pictures = groupCopies(images.map(({ pixels }) => pixels));
  const sets = new DisjointSets(pictures.length);
  if (limits.pixelDistance >= 0) {
    const first = pictures.map(([image]) => images[image!]!.pixels);
    const hashes = first.map((pixels) => differenceHash(pixels, size));
    for (const [a, b] of closePairs(hashes, limits.hashDistance)) {
      if (!sets.joined(a, b) && pixelDistance(first[a]!, first[b]!) <= limits.pixelDistance) sets.join(a, b);
    }
  }
  return sets
    .groups()
    .map((group) => group.map((picture) => pictures[picture]!))
    .filter((group) => group.length > 1 || group[0]!.length > 1)
    .map((group) => describe(group, images))
    .sort((a, b) => compare(a.images[0]!, b.images[0]!));
}

type ListedImage = Omit<DuplicateImage, "picture"> & { readonly pixels: Uint8Array };

/** All images of all parts in one list. */
function listImages(data: FaceData): { images: ListedImage[]; size: number } {
  const sizes = new Set(SPLITS.filter((split) => data[split].count > 0).map((split) => data[split].size));
  if (sizes.size > 1) {
    throw new ArgumentError(`findDuplicates: expected images of one size, got ${[...sizes].join(" and ")}`);
  }
  const images = SPLITS.flatMap((split) => {
    const set = data[split];
    return Array.from({ length: set.count }, (_, index) => ({
      path: set.files?.[index] ?? `${split} #${index}`,
      split,
      label: EMOTIONS[set.labels[index]!]!,
      index,
      pixels: imageAt(set, index),
    }));
  });
  return { images, size: [...sizes][0] ?? 1 };
}

/** Groups of equal byte arrays, as indices: most arrays are alone in theirs. */
function groupCopies(arrays: readonly Uint8Array[]): number[][] {
  const groups: number[][] = [];
  const groupsByChecksum = new Map<number, number[][]>();
  for (const [index, bytes] of arrays.entries()) {
    const key = checksum(bytes);
    const alike = groupsByChecksum.get(key) ?? [];
    groupsByChecksum.set(key, alike);
    const group = alike.find(([first]) => sameBytes(arrays[first!]!, bytes));
    if (group) group.push(index);
    else {
      alike.push([index]);
      groups.push(alike.at(-1)!);
    }
  }
  return groups;
}

/** FNV-1a, https://www.rfc-editor.org/rfc/rfc9923: enough to sort by, not to tell equality. */
function checksum(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** All pairs of hashes that differ in at most `limit` bits; a pair may come more than once. */
function* closePairs(hashes: readonly ImageHash[], limit: number): Generator<[a: number, b: number]> {
  const bandsPerHalf = Math.ceil((limit + 1) / 2);
  for (const half of ["high", "low"] as const) {
    for (let band = 0; band < bandsPerHalf; band++) {
      const start = Math.floor((32 * band) / bandsPerHalf);
      const width = Math.floor((32 * (band + 1)) / bandsPerHalf) - start;
      const before = new Map<number, number[]>();
      for (const [b, hash] of hashes.entries()) {
        const key = (hash[half] << (32 - start - width)) >>> (32 - width);
        const sharers = before.get(key) ?? [];
        before.set(key, sharers);
        for (const a of sharers) if (hashDistance(hashes[a]!, hash) <= limit) yield [a, b];
        sharers.push(b);
      }
    }
  }
}

/** Union-find: sets that can only grow together. https://en.wikipedia.org/wiki/Disjoint-set_data_structure */
class DisjointSets {
  readonly #parents: Int32Array;

  constructor(count: number) {
    this.#parents = Int32Array.from({ length: count }, (_, i) => i);
  }

  #root(item: number): number {
    const parents = this.#parents;
    while (parents[item] !== item) {
      parents[item] = parents[parents[item]!]!; // halves the way for whoever comes next
      item = parents[item]!;
    }
    return item;
  }

  joined(a: number, b: number): boolean {
    return this.#root(a) === this.#root(b);
  }

  join(a: number, b: number): void {
    this.#parents[this.#root(a)] = this.#root(b);
  }

  groups(): number[][] {
    const groups = new Map<number, number[]>();
    for (let item = 0; item < this.#parents.length; item++) {
      const root = this.#root(item);
      const group = groups.get(root);
      if (group) group.push(item);
      else groups.set(root, [item]);
    }
    return [...groups.values()];
  }
}

/** @param pictures the members by picture, as indices into `images` */
function describe(
  pictures: readonly (readonly number[])[],
  images: readonly ListedImage[],
): DuplicateCluster {
  const members = pictures
    .flatMap((copies, picture) =>
      copies.map((member) => {
        const { path, split, label, index } = images[member]!;
        return { path, split, label, index, picture };
      }),
    )
    .sort(compare);
  const splits = SPLITS.filter((split) => members.some((member) => member.split === split));
  const labels = EMOTIONS.filter((label) => members.some((member) => member.label === label));
  return {
    kind: pictures.length === 1 ? "exact" : "near",
    images: members,
    splits,
    labels,
    leaks: splits.length > 1,
    contradicts: labels.length > 1,
  };
}

function compare(a: DuplicateImage, b: DuplicateImage): number {
  return (
    SPLITS.indexOf(a.split) - SPLITS.indexOf(b.split) || (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)
  );
}
