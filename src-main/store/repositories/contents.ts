import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { type Score, scoreSchema } from '../../../src-shared/domain/plan.ts';
import { jsonColumn, toJson } from '../rows.ts';

/** Scores and runs by content, so that nothing is computed twice. Keys are hashes computed by the backend. */
export class ContentRepository {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  findScore(key: string): Score | null {
    const row = this.database.prepare('SELECT score FROM scores WHERE key = ?').get(key);
    return row === undefined ? null : z.object({ score: jsonColumn(scoreSchema) }).parse(row).score;
  }

  /** `content` is the hashed value, stored for inspection of the database. */
  saveScore(key: string, content: string, score: Score): void {
    this.database
      .prepare('INSERT OR REPLACE INTO scores (key, content, score, created_at) VALUES (?, ?, ?, ?)')
      .run(key, content, toJson(score), Date.now());
  }

  saveRun(runId: string, key: string): void {
    this.database.prepare('INSERT OR REPLACE INTO run_contents (run_id, key) VALUES (?, ?)').run(runId, key);
  }

  /** Runs with that content key, newest first. */
  findRuns(key: string): string[] {
    const rows = this.database
      .prepare(
        `SELECT run_id FROM run_contents JOIN runs ON runs.id = run_contents.run_id WHERE key = ?
         ORDER BY runs.created_at DESC, runs.rowid DESC`,
      )
      .all(key);
    return z
      .array(z.object({ run_id: z.string() }))
      .parse(rows)
      .map(({ run_id }) => run_id);
  }
}
