import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { AdapterReference } from '../../../src-shared/domain/adapter-reference.ts';
import { fileHash } from '../../files/file-hash.ts';
import type { Home } from '../home.ts';
import type { Services } from '../services.ts';
import { requireAdapter } from './adapters.ts';

/** Of files that were found as they were written: size, time, inode and hash. Looking at one again costs a stat. */
const checked = new Map<string, string>();

/**
 * Compares the adapters that a job uses with the hashes that the studio keeps of them. One that a run has yet to make is left
 * out.
 * @throws StudioError invalid_file that names the first one that differs
 */
export async function checkReferenced(
  { home, store }: Pick<Services, 'home' | 'store'>,
  references: readonly AdapterReference[],
): Promise<void> {
  for (const reference of references) {
    const id = 'adapterId' in reference ? reference.adapterId : (store.runs.find(reference.runId)?.adapterId ?? null);
    if (id !== null) await checkAdapterFile({ home }, requireAdapter(store, id));
  }
}

/** @throws StudioError invalid_file where the tensors are not those that the studio added */
export async function checkAdapterFile(
  { home }: { readonly home: Pick<Home, 'absolute'> },
  { name, folder, sha256 }: Pick<AdapterRecord, 'name' | 'folder' | 'sha256'>,
): Promise<void> {
  const file = join(home.absolute(folder), 'adapter_model.safetensors');
  const found = await stat(file).catch(() => null);
  if (found === null) throw damaged(name, `${file} is missing`);
  const stamp = [found.size, found.mtimeMs, found.ino, sha256].join(' ');
  if (checked.get(file) === stamp) return;
  if ((await fileHash(file)) !== sha256) throw damaged(name, `${file} has been changed since it was added (SHA-256)`);
  checked.set(file, stamp);
}

function damaged(name: string, why: string): StudioError {
  return new StudioError(
    'invalid_file',
    `The adapter "${name}" is damaged: ${why}.`,
    'Put the file back from a backup, or delete the adapter and make or import it again.',
  );
}
