import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import { type AdapterOutline, readAdapterOutline } from '../../engine/api/adapters.ts';
import { FolderCache } from '../../files/folder-cache.ts';

/** Capacity of the cache: more adapters than a merge bench has. */
const capacity = 128;

/** Caches outlines of adapter folders. */
export class OutlineCache {
  private readonly folders = new FolderCache<AdapterOutline>(capacity);

  /** @throws as `readAdapterOutline` */
  read(directory: string, description: ModelDescription): Promise<AdapterOutline> {
    return this.folders.read([directory], description.fingerprint, () => readAdapterOutline(directory, description));
  }
}
