import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import { type AdapterOutline, readAdapterOutline } from '../../engine/adapters/peft/open-adapter.ts';
import { folderFingerprint } from '../library/folder-fingerprint.ts';

/** Capacity of the cache: more adapters than a merge bench has. */
const capacity = 128;

interface Kept {
  /** Fingerprint of the adapter's folder and of the base. */
  readonly fingerprint: string;
  readonly outline: Promise<AdapterOutline>;
}

/** Caches outlines of adapter folders; reads one again only if its folder has changed. */
export class OutlineCache {
  private readonly kept = new Map<string, Kept>();

  /** @throws as `readAdapterOutline` */
  async read(directory: string, description: ModelDescription): Promise<AdapterOutline> {
    const fingerprint = `${description.fingerprint}\n${await folderFingerprint(directory)}`;
    const known = this.kept.get(directory);
    // Moved to the end: the first entry of the map is the least recently used.
    this.kept.delete(directory);
    const kept =
      known?.fingerprint === fingerprint ? known : { fingerprint, outline: readAdapterOutline(directory, description) };
    this.kept.set(directory, kept);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= capacity) break;
      this.kept.delete(oldest);
    }
    try {
      return await kept.outline;
    } catch (error) {
      if (this.kept.get(directory) === kept) this.kept.delete(directory);
      throw error;
    }
  }
}
