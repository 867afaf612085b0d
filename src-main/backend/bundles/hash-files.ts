import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { HashedFile } from '../../../src-shared/domain/bundle.ts';

/** A file of an input: where it is, and its path below the input. */
export interface FoundFile {
  readonly from: string;
  readonly path: string;
  readonly bytes: number;
}

/** The regular files at `from`, a file or a folder, sorted by `path`. Hidden ones are left out, and those that `keeps` does not want. */
export async function filesAt(
  from: string,
  path: string,
  keeps: (path: string) => boolean = () => true,
): Promise<FoundFile[]> {
  const found = await stat(from);
  if (!found.isDirectory()) return [{ from, path, bytes: found.size }];
  const names = await readdir(from, { recursive: true });
  const files: FoundFile[] = [];
  for (const name of names) {
    const inner = name.split(sep).join('/');
    if (inner.split('/').some((part) => part.startsWith('.')) || !keeps(inner)) continue;
    const file = join(from, name);
    // Links count as what they lead to, as the Hugging Face cache has them.
    const { size, isFile } = await stat(file).then((one) => ({ size: one.size, isFile: one.isFile() }));
    if (isFile) files.push({ from: file, path: `${path}/${inner}`, bytes: size });
  }
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}

/** Hash of the files of an input, whatever the file or folder itself is called: of the lines of `sha256sum`, sorted by path. */
export function hashOfAll(files: readonly HashedFile[], main: string): string {
  const inner = (path: string): string => (path.startsWith(main) ? path.slice(main.length + 1) : 'test');
  const lines = files.map(({ path, sha256 }) => `${sha256}  ./${inner(path)}\n`);
  return createHash('sha256').update(lines.sort().join('')).digest('hex');
}
