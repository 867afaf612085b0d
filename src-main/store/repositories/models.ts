import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { type ModelRecord, modelDescriptionSchema } from '../../../src-shared/domain/model.ts';
import { booleanColumn, jsonColumn, toBit, toJson } from '../rows.ts';

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

  constructor(database: Database) {
    this.database = database;
  }

  list(): ModelRecord[] {
    const rows = this.database.prepare('SELECT * FROM models ORDER BY bundled DESC, created_at, id').all();
    return z.array(rowSchema).parse(rows);
  }

  find(id: string): ModelRecord | null {
    const row = this.database.prepare('SELECT * FROM models WHERE id = ?').get(id);
    return row === undefined ? null : rowSchema.parse(row);
  }

  findByPath(path: string): ModelRecord | null {
    const row = this.database.prepare('SELECT * FROM models WHERE path = ?').get(path);
    return row === undefined ? null : rowSchema.parse(row);
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
