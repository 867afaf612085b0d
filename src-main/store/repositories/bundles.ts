import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import type { ResultManifest } from '../../../src-shared/domain/targets/bundle.ts';
import { toJson } from '../rows.ts';

const bundleRow = z
  .object({ id: z.string(), folder: z.string(), study_id: z.string() })
  .transform(({ study_id, ...row }) => ({ ...row, studyId: study_id }));

/** A bundle of which something was collected. */
export type CollectedBundle = z.output<typeof bundleRow>;

/** Results of bundles that were collected, by the keys of their runs. */
export class BundleRepository {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  find(id: string): CollectedBundle | null {
    return bundleRow.optional().parse(this.database.prepare('SELECT * FROM bundles WHERE id = ?').get(id)) ?? null;
  }

  list(): CollectedBundle[] {
    return z.array(bundleRow).parse(this.database.prepare('SELECT * FROM bundles ORDER BY created_at').all());
  }

  /** The keys of runs of which an attempt was imported or recorded. */
  recorded(): Set<string> {
    const keys = this.database.prepare('SELECT DISTINCT key FROM bundle_results').pluck().all();
    return new Set(z.array(z.string()).parse(keys));
  }

  /** Adds a bundle, or says where it is now. */
  save({ id, folder, studyId }: CollectedBundle): void {
    this.database
      .prepare(
        `INSERT INTO bundles (id, folder, study_id, created_at) VALUES (?, ?, ?, ?)
           ON CONFLICT (id) DO UPDATE SET folder = excluded.folder, study_id = excluded.study_id`,
      )
      .run(id, folder, studyId, Date.now());
  }

  /** The attempts that count, by the keys of their runs. */
  counting(): Map<string, string> {
    const rows = this.database.prepare('SELECT key, attempt FROM bundle_results WHERE run_id IS NOT NULL').all();
    return new Map(
      z
        .array(z.object({ key: z.string(), attempt: z.string() }))
        .parse(rows)
        .map(({ key, attempt }) => [key, attempt]),
    );
  }

  /**
   * Records an attempt with the run that was made of it; null: another attempt counts.
   * @throws if one counts already
   */
  saveResult(manifest: ResultManifest, runId: string | null): void {
    this.database
      .prepare(
        `INSERT INTO bundle_results (key, attempt, bundle_id, run_id, manifest, created_at) VALUES (?, ?, ?, ?, ?, ?)
           ON CONFLICT (key, attempt) DO UPDATE SET run_id = excluded.run_id`,
      )
      .run(manifest.run, manifest.attempt, manifest.bundle, runId, toJson(manifest), Date.now());
  }
}
