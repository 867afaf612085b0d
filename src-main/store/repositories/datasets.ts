import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import {
  type DatasetRecord,
  datasetDescriptionSchema,
  datasetSourceSchema,
} from '../../../src-shared/domain/data/dataset.ts';
import type { RowReader } from '../row-reader.ts';
import { booleanColumn, jsonColumn, toBit, toJson } from '../rows.ts';

const rowSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    bundled: booleanColumn,
    licence: z.string().nullable(),
    provenance: z.string().nullable(),
    source: jsonColumn(datasetSourceSchema),
    description: jsonColumn(datasetDescriptionSchema),
    created_at: z.number(),
  })
  .transform(({ created_at, ...row }): DatasetRecord => ({ ...row, createdAt: created_at }));

/** Registered datasets; their files belong to the user and are never changed. */
export class DatasetRepository {
  private readonly database: Database;
  private readonly rows: RowReader;

  constructor(database: Database, rows: RowReader) {
    this.database = database;
    this.rows = rows;
  }

  list(): DatasetRecord[] {
    const rows = this.database.prepare('SELECT * FROM datasets ORDER BY bundled DESC, created_at, id').all();
    return this.rows.all('dataset', rowSchema, rows);
  }

  find(id: string): DatasetRecord | null {
    const row = this.database.prepare('SELECT * FROM datasets WHERE id = ?').get(id);
    return row === undefined ? null : this.rows.one('dataset', rowSchema, row);
  }

  /** Counterpart of `find` that also returns null for unreadable rows, which `save` replaces. */
  readable(id: string): DatasetRecord | null {
    return (
      this.rows.all('dataset', rowSchema, this.database.prepare('SELECT * FROM datasets WHERE id = ?').all(id))[0] ??
      null
    );
  }

  /** Adds the dataset or updates the one with this id. */
  save(dataset: DatasetRecord): void {
    this.database
      .prepare(
        `INSERT INTO datasets (id, name, bundled, licence, provenance, source, description, created_at)
         VALUES (@id, @name, @bundled, @licence, @provenance, @source, @description, @createdAt)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, bundled = excluded.bundled, licence = excluded.licence,
           provenance = excluded.provenance, source = excluded.source, description = excluded.description`,
      )
      .run({
        ...dataset,
        bundled: toBit(dataset.bundled),
        source: toJson(dataset.source),
        description: toJson(dataset.description),
      });
  }

  remove(id: string): void {
    this.database.prepare('DELETE FROM datasets WHERE id = ?').run(id);
  }
}
