import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { type JobRecord, jobRecordSchema } from '../../../src-shared/domain/jobs/job.ts';
import { type JobProgress, jobProgressSchema } from '../../../src-shared/domain/jobs/job-progress.ts';
import type { RowReader } from '../row-reader.ts';
import {
  anyJson,
  countRow,
  jsonColumn,
  type StoredError,
  storedErrorSchema,
  textColumn,
  toJson,
  toNullableJson,
} from '../rows.ts';
import type { UnwrittenEnds } from '../unwritten-ends.ts';

const rowSchema = z
  .object({
    id: z.string(),
    kind: jobRecordSchema.shape.kind,
    title: z.string(),
    status: jobRecordSchema.shape.status,
    subject_id: z.string().nullable(),
    parent_id: z.string().nullable(),
    after: jsonColumn(z.array(z.string())),
    progress: jsonColumn(jobProgressSchema).nullable(),
    error: jsonColumn(storedErrorSchema).nullable(),
    created_at: z.number(),
    started_at: z.number().nullable(),
    finished_at: z.number().nullable(),
  })
  .transform(
    ({ subject_id, parent_id, created_at, started_at, finished_at, ...row }): JobRecord => ({
      ...row,
      subjectId: subject_id,
      parentId: parent_id,
      createdAt: created_at,
      startedAt: started_at,
      finishedAt: finished_at,
    }),
  );

const placesSchema = z.array(z.number());
const payloadRow = z.object({ payload: anyJson });
const resultRow = z.object({ result: anyJson });
const namingRows = z.array(z.object({ payload: anyJson, result: anyJson, at: z.number() }));
const selectJobs = `SELECT jobs.*, (SELECT json_group_array(after_id) FROM
  (SELECT after_id FROM job_dependencies WHERE job_id = jobs.id ORDER BY position)) AS after FROM jobs`;

export interface JobChanges {
  status?: JobRecord['status'];
  progress?: JobProgress | null;
  error?: StoredError | null;
  startedAt?: number | null;
  finishedAt?: number | null;
}

const activeStatuses: ReadonlySet<JobRecord['status']> = new Set(['queued', 'running', 'paused']);
/** Order of the queue: by creation, but for jobs that were moved. */
const inQueueOrder = 'ORDER BY coalesce(position, sequence), sequence';

/** The persistent queue. The payload is JSON for the queue's owner. */
export class JobRepository {
  private readonly database: Database;
  private readonly rows: RowReader;
  private readonly ends: UnwrittenEnds;

  constructor(database: Database, rows: RowReader, ends: UnwrittenEnds) {
    this.database = database;
    this.rows = rows;
    this.ends = ends;
  }

  /** All jobs, or the active ones: queued, running, paused. In the order of the queue. */
  list(active: boolean): JobRecord[] {
    const where = active ? `WHERE status IN (${[...activeStatuses].map((status) => `'${status}'`).join(', ')})` : '';
    const jobs = this.rows.all('job', rowSchema, this.database.prepare(`${selectJobs} ${where} ${inQueueOrder}`).all());
    return active ? jobs.filter(({ status }) => activeStatuses.has(status)) : jobs;
  }

  withStatus(status: JobRecord['status']): JobRecord[] {
    const found = this.database.prepare(`${selectJobs} WHERE status = ? ${inQueueOrder}`).all(status);
    return this.rows.all('job', rowSchema, found).filter((job) => job.status === status);
  }

  countWithStatus(status: JobRecord['status']): number {
    return countRow.parse(this.database.prepare('SELECT count(*) AS n FROM jobs WHERE status = ?').get(status)).n;
  }

  /** Ids of the queued jobs of these kinds, in the order of the queue: cheap, however many there are. */
  queuedIds(kinds: readonly JobRecord['kind'][]): string[] {
    const ids = this.database
      .prepare(
        `SELECT id FROM jobs WHERE status = 'queued' AND kind IN (SELECT value FROM json_each(?)) ${inQueueOrder}`,
      )
      .pluck()
      .all(toJson(kinds));
    return textColumn.parse(ids);
  }

  /** The newest completed jobs of a kind, at most so many. */
  completedOfKind(kind: JobRecord['kind'], most: number): JobRecord[] {
    return this.rows.all(
      'job',
      rowSchema,
      this.database
        .prepare(`${selectJobs} WHERE kind = ? AND status = 'completed' ORDER BY sequence DESC LIMIT ?`)
        .all(kind, most),
    );
  }

  /** The newest jobs of a kind, at most so many, whatever became of them. */
  newestOfKind(kind: JobRecord['kind'], most: number): JobRecord[] {
    const newest = this.database.prepare(`${selectJobs} WHERE kind = ? ORDER BY sequence DESC LIMIT ?`);
    return this.rows.all('job', rowSchema, newest.all(kind, most));
  }

  find(id: string): JobRecord | null {
    const row = this.database.prepare(`${selectJobs} WHERE id = ?`).get(id);
    return row === undefined ? null : this.rows.one('job', rowSchema, row);
  }

  /** Null also for one that cannot be read. */
  readable(id: string): JobRecord | null {
    const row = this.database.prepare(`${selectJobs} WHERE id = ?`).get(id);
    return row === undefined ? null : (this.rows.all('job', rowSchema, [row])[0] ?? null);
  }

  /** The newest job about `subjectId`. */
  findOfSubject(subjectId: string): JobRecord | null {
    const row = this.database
      .prepare(`${selectJobs} WHERE subject_id = ? ORDER BY sequence DESC LIMIT 1`)
      .get(subjectId);
    return row === undefined ? null : this.rows.one('job', rowSchema, row);
  }

  /** The parts of a job, in the order in which they were queued. */
  ofParent(parentId: string): JobRecord[] {
    return this.rows.all(
      'job',
      rowSchema,
      this.database.prepare(`${selectJobs} WHERE parent_id = ? ORDER BY sequence`).all(parentId),
    );
  }

  insert(job: JobRecord, payload: unknown): void {
    this.database.transaction(() => {
      this.database
        .prepare(
          `INSERT INTO jobs (id, kind, title, status, subject_id, parent_id, payload, progress, error, created_at, started_at, finished_at)
           VALUES (@id, @kind, @title, @status, @subjectId, @parentId, @payload, @progress, @error, @createdAt, @startedAt, @finishedAt)`,
        )
        .run({
          id: job.id,
          kind: job.kind,
          title: job.title,
          status: job.status,
          subjectId: job.subjectId,
          parentId: job.parentId,
          payload: toJson(payload),
          progress: toNullableJson(job.progress),
          error: toNullableJson(job.error),
          createdAt: job.createdAt,
          startedAt: job.startedAt,
          finishedAt: job.finishedAt,
        });
      const dependency = this.database.prepare(
        'INSERT INTO job_dependencies (job_id, position, after_id) VALUES (?, ?, ?)',
      );
      for (const [position, afterId] of job.after.entries()) dependency.run(job.id, position, afterId);
    })();
  }

  /** Gives these jobs the places that they have between them, in the order of `ids`. */
  arrange(ids: readonly string[]): void {
    const find = this.database.prepare('SELECT coalesce(position, sequence) FROM jobs WHERE id = ?').pluck();
    const place = this.database.prepare('UPDATE jobs SET position = ? WHERE id = ?');
    this.database.transaction(() => {
      const places = placesSchema.parse(ids.map((id) => find.get(id)));
      places.sort((left, right) => left - right);
      for (const [at, id] of ids.entries()) place.run(places[at], id);
    })();
  }

  payload(id: string): unknown {
    const row = this.database.prepare('SELECT payload FROM jobs WHERE id = ?').get(id);
    return payloadRow.parse(row).payload;
  }

  /** Undefined also for one that is not JSON. */
  readablePayload(id: string): unknown {
    const row = this.database.prepare('SELECT payload FROM jobs WHERE id = ?').get(id);
    return payloadRow.safeParse(row).data?.payload;
  }

  setPayload(id: string, payload: unknown): void {
    this.database.prepare('UPDATE jobs SET payload = ? WHERE id = ?').run(toJson(payload), id);
  }

  update(id: string, changes: JobChanges): JobRecord | null {
    const job = this.find(id);
    if (job === null) return null;
    const changed: JobRecord = { ...job, ...changes };
    const write = this.database.prepare(
      `UPDATE jobs SET status = @status, progress = @progress, error = @error, started_at = @startedAt,
         finished_at = @finishedAt WHERE id = @id`,
    );
    const row = {
      id,
      status: changed.status,
      progress: toNullableJson(changed.progress),
      error: toNullableJson(changed.error),
      startedAt: changed.startedAt,
      finishedAt: changed.finishedAt,
    };
    this.ends.write('job', id, changed, () => write.run(row));
    return changed;
  }

  /** Payloads and results of completed jobs of a kind where either names one of these ids, the newest first. */
  resultsNaming(kind: JobRecord['kind'], ids: readonly string[]): { payload: unknown; result: unknown; at: number }[] {
    const rows = this.database
      .prepare(
        `SELECT payload, result, coalesce(finished_at, created_at) AS at FROM jobs JOIN job_results ON job_id = jobs.id
         WHERE kind = @kind AND status = 'completed' AND EXISTS
           (SELECT 1 FROM json_each(@ids) AS id WHERE instr(payload, id.value) > 0 OR instr(result, id.value) > 0)
         ORDER BY sequence DESC`,
      )
      .all({ kind, ids: toJson(ids) });
    return namingRows.parse(rows);
  }

  /** Deletes a job on which no other depends. */
  remove(id: string): void {
    this.database.prepare('DELETE FROM jobs WHERE id = ?').run(id);
  }

  /** Deletes generations that only the program that started them wanted to know of. */
  removeUnkept(): void {
    this.database
      .prepare(
        `DELETE FROM jobs WHERE kind IN ('generate', 'embed-texts') AND
           CASE WHEN json_valid(payload) THEN payload ->> '$.kept' IS 0 ELSE 0 END`,
      )
      .run();
  }

  saveResult(jobId: string, result: unknown): void {
    this.database
      .prepare('INSERT OR REPLACE INTO job_results (job_id, result) VALUES (?, ?)')
      .run(jobId, toJson(result));
  }

  result(jobId: string): unknown {
    const row = this.database.prepare('SELECT result FROM job_results WHERE job_id = ?').get(jobId);
    return row === undefined ? null : resultRow.parse(row).result;
  }
}
