import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { type Provenance, provenanceSchema } from '../../../src-shared/domain/adapters/provenance.ts';
import { type StudyRecord, studyRecordSchema } from '../../../src-shared/domain/studies/study.ts';
import { type StudyResult, studyConfigSchema, studyResultSchema } from '../../../src-shared/studies/index.ts';
import type { RowReader } from '../row-reader.ts';
import { jsonColumn, type StoredError, storedErrorSchema, toJson, toNullableJson } from '../rows.ts';
import type { UnwrittenEnds } from '../unwritten-ends.ts';

const rowSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    kind: z.string(),
    status: studyRecordSchema.shape.status,
    config: jsonColumn(studyConfigSchema),
    result: jsonColumn(studyResultSchema).nullable(),
    provenance: jsonColumn(provenanceSchema).nullable(),
    error: jsonColumn(storedErrorSchema).nullable(),
    parent_id: z.string().nullable(),
    target: z.string().nullable(),
    created_at: z.number(),
    finished_at: z.number().nullable(),
  })
  .transform(
    ({ parent_id, created_at, finished_at, ...row }): StudyRecord => ({
      ...row,
      // The column may contain an earlier id of the kind.
      kind: row.config.kind,
      parentId: parent_id,
      createdAt: created_at,
      finishedAt: finished_at,
    }),
  );

export class StudyRepository {
  private readonly database: Database;
  private readonly rows: RowReader;
  private readonly ends: UnwrittenEnds;

  constructor(database: Database, rows: RowReader, ends: UnwrittenEnds) {
    this.database = database;
    this.rows = rows;
    this.ends = ends;
  }

  list(): StudyRecord[] {
    return this.rows.all(
      'study',
      rowSchema,
      this.database.prepare('SELECT * FROM studies ORDER BY created_at DESC, id').all(),
    );
  }

  find(id: string): StudyRecord | null {
    const row = this.database.prepare('SELECT * FROM studies WHERE id = ?').get(id);
    return row === undefined ? null : this.rows.one('study', rowSchema, row);
  }

  insert(study: StudyRecord): void {
    this.database
      .prepare(
        `INSERT INTO studies (id, name, kind, status, config, result, provenance, error, parent_id, target, created_at,
           finished_at)
         VALUES (@id, @name, @kind, @status, @config, @result, @provenance, @error, @parentId, @target, @createdAt,
           @finishedAt)`,
      )
      .run({
        ...study,
        config: toJson(study.config),
        result: toNullableJson(study.result),
        provenance: toNullableJson(study.provenance),
        error: toNullableJson(study.error),
      });
  }

  /** Marks the study as running or queued. */
  setOpen(id: string, status: 'queued' | 'running'): void {
    this.database
      .prepare('UPDATE studies SET status = ?, error = NULL, finished_at = NULL WHERE id = ?')
      .run(status, id);
  }

  finish(
    id: string,
    values: {
      status: StudyRecord['status'];
      result: StudyResult | null;
      /** Default: none. */
      provenance?: Provenance;
      error: StoredError | null;
      finishedAt: number;
    },
  ): void {
    const write = this.database.prepare(
      `UPDATE studies SET status = @status, result = @result, provenance = @provenance, error = @error,
           finished_at = @finishedAt WHERE id = @id`,
    );
    const row = {
      id,
      status: values.status,
      result: toNullableJson(values.result),
      provenance: toNullableJson(values.provenance ?? null),
      error: toNullableJson(values.error),
      finishedAt: values.finishedAt,
    };
    this.ends.write('study', id, values, () => write.run(row));
  }

  remove(id: string): void {
    this.database.prepare('DELETE FROM studies WHERE id = ?').run(id);
  }
}
