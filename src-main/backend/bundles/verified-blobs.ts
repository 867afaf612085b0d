import { stat } from 'node:fs/promises';
import type { HashedFile } from '../../../src-shared/domain/targets/bundle.ts';
import { fileHash } from '../../files/file-hash.ts';

/** By path, what each blob was when this process found it to be what its name says. */
const verified = new Map<string, string>();

/**
 * Returns true if a file exists with this content. It is hashed once, and again where it is another file since, or was
 * written to: a base of gigabytes is shared by every bundle of a study.
 * @throws what `onBytes` throws
 */
export async function isWhole(
  file: string,
  { sha256, bytes }: Pick<HashedFile, 'sha256' | 'bytes'>,
  onBytes: (bytes: number) => void,
): Promise<boolean> {
  const found = await stat(file, { bigint: true }).catch(() => null);
  if (found === null || Number(found.size) !== bytes) return false;
  // Not by the time of its last change of state, which a further link to it is.
  const state = [sha256, found.dev, found.ino, found.size, found.mtimeNs].join();
  if (verified.get(file) === state) return true;
  let ended: unknown = null;
  const hash = await fileHash(file, (piece) => {
    try {
      onBytes(piece);
    } catch (thrown) {
      ended = thrown;
      throw thrown;
    }
  }).catch(() => null);
  if (ended !== null) throw ended;
  if (hash !== sha256) return false;
  verified.set(file, state);
  return true;
}
