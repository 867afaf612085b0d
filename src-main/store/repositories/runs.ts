import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { type CheckpointRecord, checkpointRecordSchema } from '../../../src-shared/domain/runs/checkpoint.ts';
import { type RunOrigin, runOriginSchema } from '../../../src-shared/domain/runs/imported-run.ts';
import {
  type RunConfig,
  type RunRecord,
  type RunResult,
  type RunStatus,
  runConfigSchema,
  runResultSchema,
  runStatusSchema,
} from '../../../src-shared/domain/runs/run.ts';
import { type RunInfo, runInfoSchema } from '../../../src-shared/domain/runs/run-info.ts';
import type { RowReader } from '../row-reader.ts';
import {
  booleanColumn,
  countRow,
  isFolderName,
  jsonColumn,
  type StoredError,
  storedErrorSchema,
  toBit,
  toJson,
  toNullableJson,
} from '../rows.ts';
import type { UnwrittenEnds } from '../unwritten-ends.ts';

const rowSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    status: runStatusSchema,
    config: jsonColumn(runConfigSchema),
    model_id: z.string().nullable(),
    dataset_id: z.string().nullable(),
    tags: jsonColumn(z.array(z.string())),
    note: z.string(),
    starred: booleanColumn,
    archived: booleanColumn,
    study_id: z.string().nullable(),
    step: z.number(),
    facts: jsonColumn(runInfoSchema).nullable(),
    result: jsonColumn(runResultSchema).nullable(),
    adapter_id: z.string().nullable(),
    error: jsonColumn(storedErrorSchema).nullable(),
    folder: z.string(),
    created_at: z.number(),
    started_at: z.number().nullable(),
    finished_at: z.number().nullable(),
    origin: jsonColumn(runOriginSchema).nullable(),
  })
  .refine(({ id, folder }) => isFolderName(id) && folder === runFolder(id), {
    path: ['folder'],
    message: 'this is not the folder runs/ with the id of the run',
  })
  .transform(
    (row): Omit<RunRecord, 'checkpoints'> => ({
      id: row.id,
      name: row.name,
      status: row.status,
      config: row.config,
      modelId: row.model_id ?? '',
      datasetId: row.dataset_id ?? '',
      tags: row.tags,
      note: row.note,
      starred: row.starred,
      archived: row.archived,
      studyId: row.study_id,
      step: row.step,
      facts: row.facts,
      result: row.result,
      adapterId: row.adapter_id,
      error: row.error,
      folder: row.folder,
      createdAt: row.created_at,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
      ...(row.origin === null ? {} : { origin: row.origin }),
    }),
  );

const checkpointRowSchema = z.object({
  run_id: z.string(),
  kind: checkpointRecordSchema.shape.kind,
  step: z.number(),
  folder: z.string(),
  accuracy: z.number().nullable(),
  resumable: booleanColumn,
});
const checkpointRowsSchema = z.array(checkpointRowSchema);

const historyIdSchema = z.object({ history_id: z.string().nullable() });
const rowPlaceSchema = z.object({ id: z.string(), isImported: booleanColumn });
export interface RunPlace extends Pick<RunRecord, 'id' | 'folder' | 'checkpoints'> {
  /** Its folder has no checkpoints to go on from. */
  readonly isImported: boolean;
}

/** Changes of a run; omitted fields keep their values. */
export interface RunChanges {
  name?: string | undefined;
  status?: RunStatus;
  config?: RunConfig;
  tags?: string[] | undefined;
  note?: string | undefined;
  starred?: boolean | undefined;
  archived?: boolean | undefined;
  step?: number;
  facts?: RunInfo | null;
  result?: RunResult | null;
  adapterId?: string | null;
  error?: StoredError | null;
  startedAt?: number | null;
  finishedAt?: number | null;
  origin?: RunOrigin;
}

export class RunRepository {
  private readonly database: Database;
  private readonly rows: RowReader;
  private readonly ends: UnwrittenEnds;

  constructor(database: Database, rows: RowReader, ends: UnwrittenEnds) {
    this.database = database;
    this.rows = rows;
    this.ends = ends;
  }

  list(archived: boolean): RunRecord[] {
    const rows = this.database
      .prepare('SELECT * FROM runs WHERE archived = ? AND is_staged = 0 ORDER BY created_at DESC, rowid DESC')
      .all(toBit(archived));
    const checkpoints = Map.groupBy(this.checkpointRows(), (row) => row.run_id);
    return this.rows
      .all('run', rowSchema, rows)
      .map((run) => ({ ...run, checkpoints: (checkpoints.get(run.id) ?? []).map(toCheckpoint) }));
  }

  find(id: string): RunRecord | null {
    const row = this.database.prepare('SELECT * FROM runs WHERE id = ? AND is_staged = 0').get(id);
    return row === undefined ? null : { ...this.rows.one('run', rowSchema, row), checkpoints: this.checkpoints(id) };
  }

  private readable(id: string): RunRecord | null {
    const rows = this.database.prepare('SELECT * FROM runs WHERE id = ? AND is_staged = 0').all(id);
    const [run] = this.rows.all('run', rowSchema, rows);
    return run === undefined ? null : { ...run, checkpoints: this.checkpoints(id) };
  }

  /** Returns the file locations of all runs, and nothing else: every home reads them when it is opened. */
  places(): RunPlace[] {
    const rows = z
      .array(rowPlaceSchema)
      .parse(this.database.prepare('SELECT id, origin IS NOT NULL AS isImported FROM runs WHERE is_staged = 0').all());
    const checkpoints = Map.groupBy(this.checkpointRows(), (row) => row.run_id);
    // The folder follows from the id, also for a row that cannot be read.
    return rows
      .filter(({ id }) => isFolderName(id))
      .map((run) => ({
        ...run,
        folder: runFolder(run.id),
        checkpoints: (checkpoints.get(run.id) ?? []).map(toCheckpoint),
      }));
  }

  withStatus(status: RunStatus): RunRecord[] {
    const rows = z
      .array(z.object({ id: z.string() }))
      .parse(this.database.prepare('SELECT id FROM runs WHERE status = ? AND is_staged = 0').all(status));
    return rows.flatMap((row) => this.readable(row.id) ?? []).filter((run) => run.status === status);
  }

  /** The imported run of that file and name; null if there is none. */
  findImported({ path, run }: RunOrigin): RunRecord | null {
    const row = z
      .object({ id: z.string() })
      .optional()
      .parse(
        this.database
          .prepare("SELECT id FROM runs WHERE origin ->> '$.path' = ? AND origin ->> '$.run' = ? AND is_staged = 0")
          .get(path, run),
      );
    return row === undefined ? null : this.readable(row.id);
  }

  countOf(column: 'model_id' | 'dataset_id', id: string): number {
    const sql =
      column === 'model_id'
        ? 'SELECT count(*) AS n FROM runs WHERE model_id = ?'
        : 'SELECT count(*) AS n FROM runs WHERE dataset_id = ?';
    return countRow.parse(this.database.prepare(sql).get(id)).n;
  }

  insert(run: RunRecord): void {
    this.insertRow(run, false);
  }

  /** Adds a run that nothing lists or finds before `show`, and whose history can be inserted. */
  stage(run: RunRecord): void {
    this.insertRow(run, true);
  }

  show(stagedId: string): void {
    this.database.prepare('UPDATE runs SET is_staged = 0 WHERE id = ?').run(stagedId);
  }

  /**
   * Makes the history of a staged run that of the run `id`, without moving a row of it.
   * @returns what had the history before, to be discarded
   */
  takeHistory(id: string, stagedId: string): string {
    const before = historyIdSchema.parse(this.database.prepare('SELECT history_id FROM runs WHERE id = ?').get(id));
    this.database.prepare('UPDATE runs SET history_id = ? WHERE id = ?').run(stagedId, id);
    return before.history_id ?? id;
  }

  removeStaged(id: string): void {
    this.database.prepare('DELETE FROM runs WHERE id = ? AND is_staged = 1').run(id);
  }

  /** Removes what is left of imports that were killed: staged runs that no run needs, and histories that were replaced. */
  removeLeftOfImports(): void {
    this.database.transaction(() => {
      for (const table of ['metrics', 'metric_buckets'])
        this.database.exec(`DELETE FROM ${table} WHERE run_id IN (SELECT id FROM runs WHERE history_id IS NOT NULL)`);
      this.database.exec(
        `DELETE FROM runs WHERE is_staged = 1
           AND id NOT IN (SELECT history_id FROM runs WHERE history_id IS NOT NULL)`,
      );
    })();
  }

  private insertRow(run: RunRecord, isStaged: boolean): void {
    this.database
      .prepare(
        `INSERT INTO runs (id, name, status, config, model_id, dataset_id, tags, note, starred, archived, study_id, step, facts,
           result, adapter_id, error, folder, created_at, started_at, finished_at, origin, is_staged)
         VALUES (@id, @name, @status, @config, @modelId, @datasetId, @tags, @note, @starred, @archived, @studyId, @step, @facts,
           @result, @adapterId, @error, @folder, @createdAt, @startedAt, @finishedAt, @origin, @isStaged)`,
      )
      .run({ ...toRow(run), isStaged: toBit(isStaged) });
  }

  /** Updates the given fields and returns the run. */
  update(id: string, changes: RunChanges): RunRecord | null {
    const run = this.find(id);
    if (run === null) return null;
    const defined = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    const changed: RunRecord = { ...run, ...defined };
    const write = this.database.prepare(
      `UPDATE runs SET name = @name, status = @status, config = @config, tags = @tags, note = @note, starred = @starred,
         archived = @archived, step = @step, facts = @facts, result = @result, adapter_id = @adapterId, error = @error,
         started_at = @startedAt, finished_at = @finishedAt, origin = @origin WHERE id = @id`,
    );
    this.ends.write('run', id, changed, () => write.run(toRow(changed)));
    return changed;
  }

  remove(id: string): void {
    this.database
      .prepare('DELETE FROM runs WHERE id = @id OR id = (SELECT history_id FROM runs WHERE id = @id)')
      .run({ id });
  }

  /** Stores the checkpoint; a run has one `last` and one `best`, and one row per folder. */
  saveCheckpoint(runId: string, checkpoint: CheckpointRecord): void {
    this.database.transaction(() => {
      if (checkpoint.kind !== 'step')
        this.database.prepare('DELETE FROM checkpoints WHERE run_id = ? AND kind = ?').run(runId, checkpoint.kind);
      this.database
        .prepare(
          `INSERT OR REPLACE INTO checkpoints (run_id, folder, kind, step, accuracy, resumable)
           VALUES (@runId, @folder, @kind, @step, @accuracy, @resumable)`,
        )
        .run({ ...checkpoint, runId, resumable: toBit(checkpoint.resumable) });
    })();
  }

  removeCheckpoint(runId: string, folder: string): void {
    this.database.prepare('DELETE FROM checkpoints WHERE run_id = ? AND folder = ?').run(runId, folder);
  }

  removeCheckpointsAfter(runId: string, step: number): void {
    this.database.prepare('DELETE FROM checkpoints WHERE run_id = ? AND step > ?').run(runId, step);
  }

  private checkpoints(runId: string): CheckpointRecord[] {
    const rows = this.database.prepare('SELECT * FROM checkpoints WHERE run_id = ? ORDER BY step, kind').all(runId);
    return checkpointRowsSchema.parse(rows).filter(isOwnCheckpoint).map(toCheckpoint);
  }

  private checkpointRows(): z.output<typeof checkpointRowSchema>[] {
    const rows = this.database.prepare('SELECT * FROM checkpoints ORDER BY step, kind').all();
    return checkpointRowsSchema.parse(rows).filter(isOwnCheckpoint);
  }
}

/** Returns the folder of a run, relative to the home. */
function runFolder(id: string): string {
  return `runs/${id}`;
}

/** Returns true for a checkpoint in its run's folder, where the app writes it. Other rows come from a changed database. */
function isOwnCheckpoint({ run_id, folder }: z.output<typeof checkpointRowSchema>): boolean {
  const parent = `${runFolder(run_id)}/checkpoints/`;
  return folder.startsWith(parent) && isFolderName(folder.slice(parent.length));
}

function toCheckpoint({ run_id: _, ...checkpoint }: z.output<typeof checkpointRowSchema>): CheckpointRecord {
  return checkpoint;
}

function toRow(run: Omit<RunRecord, 'checkpoints'>): Record<string, string | number | null> {
  return {
    id: run.id,
    name: run.name,
    status: run.status,
    config: toJson(run.config),
    modelId: run.modelId || null,
    datasetId: run.datasetId || null,
    tags: toJson(run.tags),
    note: run.note,
    starred: toBit(run.starred),
    archived: toBit(run.archived),
    studyId: run.studyId,
    step: run.step,
    facts: toNullableJson(run.facts),
    result: toNullableJson(run.result),
    adapterId: run.adapterId,
    error: toNullableJson(run.error),
    folder: run.folder,
    createdAt: run.createdAt,
    startedAt: run.startedAt,
    finishedAt: run.finishedAt,
    origin: toNullableJson(run.origin ?? null),
  };
}
