import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { AdapterRecord } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { AdapterReference } from '../../../../src-shared/domain/adapters/adapter-reference.ts';
import { adapterConfigFile } from '../../../engine/api/adapters.ts';
import { fileHash } from '../../../files/file-hash.ts';
import type { Home } from '../../home/home.ts';
import type { Services } from '../../services/services.ts';
import { requireAdapter } from './adapters.ts';

/** Size, times, inode and hash of files that were found unchanged: checking one again costs a stat. */
const checked = new Map<string, string>();

/**
 * Compares the adapters that a job uses with the hashes that the studio keeps of them. An adapter that a run has yet to train is
 * left out. An adapter of an earlier version gets the hash of its config here.
 * @throws StudioError invalid_file that names the first file that differs
 */
export async function checkReferenced(
  { home, store }: Pick<Services, 'home' | 'store'>,
  references: readonly AdapterReference[],
): Promise<void> {
  for (const reference of references) {
    const id = 'adapterId' in reference ? reference.adapterId : (store.runs.find(reference.runId)?.adapterId ?? null);
    if (id === null) continue;
    const adapter = requireAdapter(store, id);
    await checkAdapterFiles({ home }, adapter);
    if (adapter.configSha256 === undefined)
      store.adapters.saveConfigHash(id, await fileHash(join(home.absolute(adapter.folder), adapterConfigFile)));
  }
}

/** @throws StudioError invalid_file where tensors or config are not those that the studio added */
export async function checkAdapterFiles(
  { home }: { readonly home: Pick<Home, 'absolute'> },
  { name, folder, sha256, configSha256 }: Pick<AdapterRecord, 'name' | 'folder' | 'sha256' | 'configSha256'>,
): Promise<void> {
  await checkFile(name, join(home.absolute(folder), 'adapter_model.safetensors'), sha256);
  if (configSha256 !== undefined) await checkFile(name, join(home.absolute(folder), adapterConfigFile), configSha256);
}

async function checkFile(name: string, file: string, sha256: string): Promise<void> {
  const found = await stat(file, { bigint: true }).catch(() => null);
  if (found === null) throw damaged(name, `${file} is missing`);
  const stamp = [found.size, found.mtimeNs, found.ctimeNs, found.ino, sha256].join(' ');
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
