import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { parameterValuesSchema } from '../../../src-shared/domain/parameters/parameter.ts';
import type { TargetRecord } from '../../../src-shared/domain/targets/target.ts';
import type { RowReader } from '../row-reader.ts';
import { jsonColumn, toJson } from '../rows.ts';

const rowSchema = z
  .object({
    id: z.string(),
    kind: z.string(),
    host: z.string().nullable(),
    parameters: jsonColumn(parameterValuesSchema),
  })
  .transform(({ id, ...row }): TargetRecord => ({ ...row, name: id, isSaved: true }));

/** Targets that were added by name. */
export class TargetRepository {
  private readonly database: Database;
  private readonly rows: RowReader;

  constructor(database: Database, rows: RowReader) {
    this.database = database;
    this.rows = rows;
  }

  list(): TargetRecord[] {
    return this.rows.all('target', rowSchema, this.database.prepare('SELECT * FROM targets ORDER BY id').all());
  }

  find(name: string): TargetRecord | null {
    const row = this.database.prepare('SELECT * FROM targets WHERE id = ?').get(name);
    return row === undefined ? null : this.rows.one('target', rowSchema, row);
  }

  /** Replaces one of the same name. */
  save({ name, kind, host, parameters }: Omit<TargetRecord, 'isSaved'>): void {
    this.database
      .prepare('INSERT OR REPLACE INTO targets (id, kind, host, parameters) VALUES (?, ?, ?, ?)')
      .run(name, kind, host, toJson(parameters));
  }

  remove(name: string): void {
    this.database.prepare('DELETE FROM targets WHERE id = ?').run(name);
  }
}
