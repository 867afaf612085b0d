import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { type ModelRecord, modelDescriptionSchema } from '../../../src-shared/domain/model.ts';
import type { RowReader } from '../row-reader.ts';
import { booleanColumn, jsonColumn, textColumn, toBit, toJson } from '../rows.ts';

const rowSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    path: z.string(),
    bundled: booleanColumn,
    provenance: z.string().nullable(),
    description: jsonColumn(modelDescriptionSchema),
    created_at: z.number(),
  })
  .transform(({ created_at, ...row }): ModelRecord => ({ ...row, createdAt: created_at }));

/** Registered base models; their folders are never changed here. */
export class ModelRepository {
  private readonly database: Database;
  private readonly rows: RowReader;

  constructor(database: Database, rows: RowReader) {
    this.database = database;
    this.rows = rows;
  }

  list(): ModelRecord[] {
    const rows = this.database.prepare('SELECT * FROM models ORDER BY bundled DESC, created_at, id').all();
    return this.rows.all('model', rowSchema, rows);
  }

  /** Of all rows, also of those that cannot be read. */
  paths(): string[] {
    return textColumn.parse(this.database.prepare('SELECT path FROM models').pluck().all());
  }

  find(id: string): ModelRecord | null {
    const row = this.database.prepare('SELECT * FROM models WHERE id = ?').get(id);
    return row === undefined ? null : this.rows.one('model', rowSchema, row);
  }

  findByPath(path: string): ModelRecord | null {
    const row = this.database.prepare('SELECT * FROM models WHERE path = ?').get(path);
    return row === undefined ? null : this.rows.one('model', rowSchema, row);
  }

  /** As `find`, but null also for one that cannot be read, which `save` replaces. */
  readable(id: string): ModelRecord | null {
    return (
      this.rows.all('model', rowSchema, this.database.prepare('SELECT * FROM models WHERE id = ?').all(id))[0] ?? null
    );
  }

  /** Adds the model or updates the one with this id. */
  save(model: ModelRecord): void {
    this.database
      .prepare(
        `INSERT INTO models (id, name, path, bundled, provenance, description, created_at)
         VALUES (@id, @name, @path, @bundled, @provenance, @description, @createdAt)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, path = excluded.path, bundled = excluded.bundled,
           provenance = excluded.provenance, description = excluded.description`,
      )
      .run({ ...model, bundled: toBit(model.bundled), description: toJson(model.description) });
  }

  remove(id: string): void {
    this.database.prepare('DELETE FROM models WHERE id = ?').run(id);
  }
}
