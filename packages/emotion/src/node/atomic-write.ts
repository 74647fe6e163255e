/**
 * Writing a file so that a crash never leaves half of it: to a temporary name in the same folder, flushed to disk,
 * then renamed over the old one, then the folder flushed too. Whoever reads sees the old file or the new one.
 */

import { mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { DataError } from "mien";

const SUFFIX = ".partial";

/**
 * Writes `contents` to `path`, making its folder if need be.
 *
 * @throws DataError that names the path and the system's reason; what stood there before is untouched then
 */
export async function writeFileAtomic(path: string, contents: Uint8Array | string): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}${SUFFIX}`);
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(temporary, "w");
    try {
      await file.writeFile(contents);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    const directory = await open(folder, "r");
    await directory.sync().finally(() => directory.close());
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw cannotWrite(path, cause);
  }
}

/** Makes a folder, before work is done whose results go there. @throws DataError that names it and the reason */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true }).catch((cause: unknown) => {
    throw cannotWrite(path, cause);
  });
}

function cannotWrite(path: string, cause: unknown): DataError {
  const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
  return new DataError(
    `write: cannot write ${path}, got ${reason}. Help: check the folder's rights and free space`,
    { cause },
  );
}

/** Removes what killed processes left half-written in a folder. */
export async function removeStalePartials(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  await Promise.all(
    names
      .filter((name) => name.startsWith(".") && name.endsWith(SUFFIX))
      .map((name) => rm(join(folder, name), { force: true })),
  );
}
