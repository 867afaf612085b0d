import type { ModelDescription } from '../../../src-shared/domain/model.ts';
import { type AdapterOutline, readAdapterOutline } from '../../engine/adapters/peft/open-adapter.ts';
import { folderFingerprint } from '../library/folder-fingerprint.ts';

/** Outlines that are kept: more than lie on anyone's bench. */
const capacity = 128;

interface Kept {
  /** Of the adapter's folder and of the base. */
  readonly fingerprint: string;
  readonly outline: Promise<AdapterOutline>;
}

/** Outlines of adapter folders, read again only where a folder has changed. */
export class OutlineCache {
  private readonly kept = new Map<string, Kept>();

  /** @throws what `readAdapterOutline` throws. */
  async read(directory: string, description: ModelDescription): Promise<AdapterOutline> {
    const fingerprint = `${description.fingerprint}\n${await folderFingerprint(directory)}`;
    const known = this.kept.get(directory);
    // Put at the end again: the first of the map is what was not asked for longest.
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
