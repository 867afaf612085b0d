import { folderFingerprint } from './folder-fingerprint.ts';

interface Kept<Value> {
  readonly fingerprint: string;
  readonly value: Promise<Value>;
}

/**
 * Caches what is read from folders; reads it again only if one of them has changed. Requests that come while it is being
 * read share the one reading. Errors are not kept.
 */
export class FolderCache<Value> {
  private readonly kept = new Map<string, Kept<Value>>();
  private readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /**
   * @param salt what the value depends on besides the folders.
   * @throws as `make`
   */
  async read(folders: readonly string[], salt: string, make: () => Promise<Value>): Promise<Value> {
    const key = folders.join('\n');
    const fingerprints = await Promise.all(folders.map((folder) => folderFingerprint(folder)));
    const fingerprint = [salt, ...fingerprints].join('\n');
    const known = this.kept.get(key);
    // Moved to the end: the first entry of the map is the least recently used.
    this.kept.delete(key);
    const kept = known?.fingerprint === fingerprint ? known : { fingerprint, value: make() };
    this.kept.set(key, kept);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= this.capacity) break;
      this.kept.delete(oldest);
    }
    try {
      return await kept.value;
    } catch (error) {
      if (this.kept.get(key) === kept) this.kept.delete(key);
      throw error;
    }
  }
}
