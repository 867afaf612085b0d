import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import type { RowReader } from '../row-reader.ts';
import { isFolderName, jsonColumn, toJson } from '../rows.ts';

/** A stored report; `path` is relative to the home. */
const rowSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    path: z.string(),
    study_ids: jsonColumn(z.array(z.string())),
    run_ids: jsonColumn(z.array(z.string())),
    note: z.string(),
    created_at: z.number(),
  })
  .refine(({ id, path }) => isFolderName(id) && path === `reports/${id}/report.html`, {
    path: ['path'],
    message: 'this is not the page in the folder reports/ with the id of the report',
  })
  .transform(({ study_ids, run_ids, created_at, ...row }) => ({
    ...row,
    studyIds: study_ids,
    runIds: run_ids,
    createdAt: created_at,
  }));
const idColumn = z.array(z.string());

export type StoredReport = z.output<typeof rowSchema>;

export class ReportRepository {
  private readonly database: Database;
  private readonly rows: RowReader;

  constructor(database: Database, rows: RowReader) {
    this.database = database;
    this.rows = rows;
  }

  list(): StoredReport[] {
    return this.rows.all(
      'report',
      rowSchema,
      this.database.prepare('SELECT * FROM reports ORDER BY created_at DESC, id').all(),
    );
  }

  /** Returns the ids of all rows, including unreadable ones. */
  ids(): string[] {
    return idColumn.parse(this.database.prepare('SELECT id FROM reports').pluck().all());
  }

  find(id: string): StoredReport | null {
    const row = this.database.prepare('SELECT * FROM reports WHERE id = ?').get(id);
    return row === undefined ? null : this.rows.one('report', rowSchema, row);
  }

  insert(report: StoredReport): void {
    this.database
      .prepare(
        `INSERT INTO reports (id, name, note, path, run_ids, study_ids, created_at)
         VALUES (@id, @name, @note, @path, @runIds, @studyIds, @createdAt)`,
      )
      .run({ ...report, runIds: toJson(report.runIds), studyIds: toJson(report.studyIds) });
  }

  rename(id: string, name: string): void {
    this.database.prepare('UPDATE reports SET name = ? WHERE id = ?').run(name, id);
  }

  remove(id: string): void {
    this.database.prepare('DELETE FROM reports WHERE id = ?').run(id);
  }
}
