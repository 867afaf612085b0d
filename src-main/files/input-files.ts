import { createHash } from 'node:crypto';
import { type Stats, statSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HashedFile } from '../../src-shared/domain/targets/bundle.ts';

/** A file of a base or a dataset: its location, and its path below the input. */
export interface FoundFile {
  readonly from: string;
  readonly path: string;
  readonly bytes: number;
}

/** The regular files at `from`, a file or a folder, sorted by `path`; without hidden files and those that `keeps` rejects. */
export async function filesAt(
  from: string,
  path: string,
  keeps: (path: string) => boolean = () => true,
): Promise<FoundFile[]> {
  const found = await stat(from);
  if (!found.isDirectory()) return [{ from, path, bytes: found.size }];
  const files: FoundFile[] = [];
  await walk(from, '', new Set(), (file, inner, bytes) => {
    if (keeps(inner)) files.push({ from: file, path: `${path}/${inner}`, bytes });
  });
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Follows links to files, as the Hugging Face cache has them, and to folders, except those that lead back to `above`. A link to nothing is skipped. */
async function walk(
  folder: string,
  inner: string,
  above: ReadonlySet<string>,
  add: (file: string, inner: string, bytes: number) => void,
): Promise<void> {
  const real = await realpath(folder);
  if (above.has(real)) return;
  for (const name of await readdir(folder)) {
    if (name.startsWith('.')) continue;
    const [file, path] = [join(folder, name), inner === '' ? name : `${inner}/${name}`];
    const found = stateOf(file);
    if (found?.isDirectory()) await walk(file, path, new Set([...above, real]), add);
    else if (found?.isFile()) add(file, path, found.size);
  }
}

/** Synchronous: among tens of thousands of images, a promise for each takes many times as long as the call. */
function stateOf(file: string): Stats | null {
  try {
    return statSync(file);
  } catch {
    return null;
  }
}

/** Hash of the files of an input, independent of the input's own name: of the lines of `sha256sum`, sorted by path. */
export function hashOfAll(files: readonly Pick<HashedFile, 'path' | 'sha256'>[], main: string): string {
  const inner = (path: string): string => (path.startsWith(main) ? path.slice(main.length + 1) : 'test');
  const lines = files.map(({ path, sha256 }) => `${sha256}  ./${inner(path)}\n`);
  return createHash('sha256').update(lines.sort().join('')).digest('hex');
}
