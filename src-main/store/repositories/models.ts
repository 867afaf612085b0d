import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { type ModelRecord, modelDescriptionSchema } from '../../../src-shared/domain/models/model.ts';
import type { HomePaths } from '../home-paths.ts';
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
  private readonly places: HomePaths;

  constructor(database: Database, rows: RowReader, places: HomePaths) {
    this.database = database;
    this.rows = rows;
    this.places = places;
  }

  list(): ModelRecord[] {
    const rows = this.database.prepare('SELECT * FROM models ORDER BY bundled DESC, created_at, id').all();
    return this.rows.all('model', rowSchema, rows).map((model) => this.placed(model));
  }

  /** Returns the paths of all rows, including unreadable ones. */
  paths(): string[] {
    const stored = textColumn.parse(this.database.prepare('SELECT path FROM models').pluck().all());
    return stored.map((path) => this.places.absolute(path));
  }

  find(id: string): ModelRecord | null {
    const row = this.database.prepare('SELECT * FROM models WHERE id = ?').get(id);
    return row === undefined ? null : this.placed(this.rows.one('model', rowSchema, row));
  }

  findByPath(path: string): ModelRecord | null {
    const row = this.database.prepare('SELECT * FROM models WHERE path = ?').get(this.places.stored(path));
    return row === undefined ? null : this.placed(this.rows.one('model', rowSchema, row));
  }

  /** Counterpart of `find` that also returns null for unreadable rows, which `save` replaces. */
  readable(id: string): ModelRecord | null {
    const rows = this.database.prepare('SELECT * FROM models WHERE id = ?').all(id);
    const [model] = this.rows.all('model', rowSchema, rows);
    return model === undefined ? null : this.placed(model);
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
      .run({
        ...model,
        path: this.places.stored(model.path),
        bundled: toBit(model.bundled),
        description: toJson(model.description),
      });
  }

  remove(id: string): void {
    this.database.prepare('DELETE FROM models WHERE id = ?').run(id);
  }

  private placed(model: ModelRecord): ModelRecord {
    return { ...model, path: this.places.absolute(model.path) };
  }
}
