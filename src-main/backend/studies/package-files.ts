import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Names in the folder of a packaged study. */
export const packageFiles = {
  readme: 'README.md',
  adapters: 'adapters',
  predictions: 'predictions.jsonl',
  licenses: 'licenses',
  versions: 'versions.json',
  crate: 'ro-crate-metadata.json',
  checksums: 'SHA256SUMS',
} as const;

/** Every file of a folder, by its path with slashes, in the order of their names. */
export async function filesBelow(folder: string): Promise<{ readonly path: string; readonly bytes: number }[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return Promise.all(
    paths.map(async (path) => ({
      path: path.slice(folder.length + 1).replaceAll('\\', '/'),
      bytes: (await stat(path)).size,
    })),
  );
}
