import type { AdapterNorms } from '../../../../src-shared/domain/adapters/adapter.ts';
import { updateNorms } from '../../../engine/api/adapters.ts';
import { FolderCache } from '../../../files/folder-cache.ts';
import type { Services } from '../../services/services.ts';
import { baseOf } from './adapter-base.ts';
import { requireAdapter } from './adapters.ts';

const kept = new FolderCache<AdapterNorms>(32);

/** By how much an adapter changes each weight. Throws as `openAdapter` if the folder was changed. */
export async function adapterNorms(
  { home, store }: Pick<Services, 'home' | 'store'>,
  id: string,
): Promise<AdapterNorms> {
  const adapter = requireAdapter(store, id);
  const { description } = await baseOf({ home, store }, [adapter]);
  const folder = home.absolute(adapter.folder);
  return kept.read([folder], description.fingerprint, () =>
    // Other requests have their turn between modules.
    updateNorms(folder, description, () => new Promise((resolve) => setImmediate(resolve))),
  );
}
