import type { Database } from 'better-sqlite3';
import { z } from 'zod';

const rowSchema = z.object({ stamp: z.string(), description: z.string() });

/** Cached descriptions of folders, valid as long as the fingerprint (sizes and modification times) is the same. */
export class DescriptionRepository {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** The JSON stored for `path`, or null if there is none or the folder has changed. */
  find(kind: 'model' | 'dataset', path: string, stamp: string): unknown {
    const row = this.database
      .prepare('SELECT stamp, description FROM descriptions WHERE kind = ? AND path = ?')
      .get(kind, path);
    if (row === undefined) return null;
    const kept = rowSchema.parse(row);
    if (kept.stamp !== stamp) return null;
    const description: unknown = JSON.parse(kept.description);
    return description;
  }

  save(kind: 'model' | 'dataset', path: string, stamp: string, description: unknown): void {
    this.database
      .prepare('INSERT OR REPLACE INTO descriptions (kind, path, stamp, description) VALUES (?, ?, ?, ?)')
      .run(kind, path, stamp, JSON.stringify(description));
  }
}
