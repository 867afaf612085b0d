import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import {
  type PlacedRun,
  placedRunSchema,
  type Submission,
  type SubmittedPart,
  submissionSchema,
  submittedPartSchema,
} from '../../../src-shared/domain/targets/target.ts';
import type { RowReader } from '../row-reader.ts';
import { jsonColumn, textColumn, toJson } from '../rows.ts';

const rowSchema = z
  .object({
    id: z.string(),
    study_id: z.string(),
    generation: z.number().int(),
    target: z.string(),
    folder: z.string(),
    status: submissionSchema.shape.status,
    parts: jsonColumn(z.array(submittedPartSchema)),
    runs: jsonColumn(z.array(placedRunSchema)),
    known_failures: jsonColumn(textColumn),
    created_at: z.number(),
  })
  .transform(
    ({ study_id, known_failures, created_at, ...row }): Submission => ({
      ...row,
      studyId: study_id,
      knownFailures: known_failures,
      createdAt: created_at,
    }),
  );

/** Submissions to targets, each stored before it is submitted. */
export class SubmissionRepository {
  private readonly database: Database;
  private readonly rows: RowReader;

  constructor(database: Database, rows: RowReader) {
    this.database = database;
    this.rows = rows;
  }

  /** Lists the submissions of a study, oldest first. */
  list(studyId: string): Submission[] {
    const rows = this.database.prepare('SELECT * FROM submissions WHERE study_id = ? ORDER BY generation').all(studyId);
    return this.rows.all('submission', rowSchema, rows);
  }

  /** Lists the submissions of all studies on a target, oldest first. */
  ofTarget(name: string): Submission[] {
    const rows = this.database.prepare('SELECT * FROM submissions WHERE target = ? ORDER BY created_at').all(name);
    return this.rows.all('submission', rowSchema, rows);
  }

  insert(submission: Submission): void {
    this.database
      .prepare(
        `INSERT INTO submissions (id, study_id, generation, target, folder, status, parts, runs, known_failures, created_at)
         VALUES (@id, @studyId, @generation, @target, @folder, @status, @parts, @runs, @knownFailures, @createdAt)`,
      )
      .run({
        ...submission,
        parts: toJson(submission.parts),
        runs: toJson(submission.runs),
        knownFailures: toJson(submission.knownFailures),
      });
  }

  saveParts(id: string, parts: readonly SubmittedPart[]): void {
    this.database.prepare('UPDATE submissions SET parts = ? WHERE id = ?').run(toJson(parts), id);
  }

  /** Returns true if they differ from the stored ones: most polls find nothing new. */
  saveRuns(id: string, runs: readonly PlacedRun[]): boolean {
    const text = toJson(runs);
    const update = this.database.prepare('UPDATE submissions SET runs = ? WHERE id = ? AND runs <> ?');
    return update.run(text, id, text).changes > 0;
  }

  end(id: string, status: 'ended' | 'cancelled'): void {
    this.database.prepare('UPDATE submissions SET status = ? WHERE id = ?').run(status, id);
  }
}
