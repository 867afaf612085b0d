import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import {
  type MaskOutline,
  type MaskScore,
  maskOutlineSchema,
  maskScoreSchema,
} from '../../../src-shared/domain/evaluation/mask-table.ts';
import { type PairsOfAdapters, pairsOfAdaptersSchema } from '../../../src-shared/domain/merging/mergeability.ts';
import { type TuningRecord, tuningRecordSchema } from '../../../src-shared/domain/runs/tuned.ts';
import { type Score, scoreSchema } from '../../../src-shared/domain/studies/plan.ts';
import { anyJson, jsonColumn, toJson } from '../rows.ts';

const scoreRow = z.object({ score: jsonColumn(scoreSchema) });
const scoresOfTensorsRows = z.array(z.object({ content: anyJson, score: jsonColumn(scoreSchema), at: z.number() }));
const outlineRow = z.object({ outline: jsonColumn(maskOutlineSchema) });
const outlineTextRow = z.object({ outline: z.string() });
const maskScoreRows = z.array(maskScoreSchema);
const tuningRows = z.array(z.object({ record: jsonColumn(tuningRecordSchema) }));
const pairsRow = z.object({ pairs: jsonColumn(pairsOfAdaptersSchema) });

/** Scores, tables of masks, pairs of adapters and runs by content, so that nothing is computed twice. Keys are hashes computed by the backend. */
export class ContentRepository {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  findScore(key: string): Score | null {
    const row = this.database.prepare('SELECT score FROM scores WHERE key = ?').get(key);
    return row === undefined ? null : scoreRow.parse(row).score;
  }

  /** `content` is the hashed value, stored for inspection of the database. */
  saveScore(key: string, content: string, score: Score): void {
    this.database
      .prepare('INSERT OR REPLACE INTO scores (key, content, score, created_at) VALUES (?, ?, ?, ?)')
      .run(key, content, toJson(score), Date.now());
  }

  /** Scores of an adapter alone on test splits, by the hash of its tensors' file, without what became of each example; newest first. */
  scoresOfTensors(sha256: string): { content: unknown; score: Score; at: number }[] {
    const rows = this.database
      .prepare(
        `SELECT content, json_remove(score, '$.outcomes') AS score, created_at AS at FROM scores
         WHERE json_extract(content, '$.subject.tensors') = ? AND json_extract(content, '$.validation_samples') IS NULL
         ORDER BY created_at DESC, key`,
      )
      .all(sha256);
    return scoresOfTensorsRows.parse(rows);
  }

  findMaskOutline(key: string): MaskOutline | null {
    const row = this.database.prepare('SELECT outline FROM mask_tables WHERE key = ?').get(key);
    return row === undefined ? null : outlineRow.parse(row).outline;
  }

  /** Scores of an earlier outline of other groups or blocks are removed. */
  saveMaskOutline(key: string, content: string, outline: MaskOutline): void {
    const text = toJson(outline);
    this.database.transaction(() => {
      const row = this.database.prepare('SELECT outline FROM mask_tables WHERE key = ?').get(key);
      if (outlineTextRow.safeParse(row).data?.outline === text) return;
      this.database.prepare('DELETE FROM mask_scores WHERE key = ?').run(key);
      this.database
        .prepare('INSERT OR REPLACE INTO mask_tables (key, content, outline, created_at) VALUES (?, ?, ?, ?)')
        .run(key, content, text, Date.now());
    })();
  }

  /** All scores of a table, ordered by mask and block. */
  maskScores(key: string): MaskScore[] {
    const rows = this.database
      .prepare('SELECT mask, block, weight, accuracy, loss FROM mask_scores WHERE key = ? ORDER BY mask, block')
      .all(key);
    return maskScoreRows.parse(rows);
  }

  saveMaskScores(key: string, scores: readonly MaskScore[]): void {
    const insert = this.database.prepare(
      'INSERT OR REPLACE INTO mask_scores (key, mask, block, weight, accuracy, loss) VALUES (?, ?, ?, ?, ?, ?)',
    );
    this.database.transaction(() => {
      for (const { mask, block, weight, accuracy, loss } of scores)
        insert.run(key, mask, block, weight, accuracy, loss);
    })();
  }

  /** A learning rate that a study's sweep chose for runs of that content. */
  saveTuning(key: string, studyId: string, record: TuningRecord): void {
    this.database
      .prepare('INSERT OR REPLACE INTO tunings (key, study_id, record, created_at) VALUES (?, ?, ?, ?)')
      .run(key, studyId, toJson(record), Date.now());
  }

  /** Newest first. */
  findTunings(key: string): TuningRecord[] {
    const rows = this.database
      .prepare('SELECT record FROM tunings WHERE key = ? ORDER BY created_at DESC, study_id')
      .all(key);
    return tuningRows.parse(rows).map(({ record }) => record);
  }

  findPairs(key: string): PairsOfAdapters | null {
    const row = this.database.prepare('SELECT pairs FROM adapter_pairs WHERE key = ?').get(key);
    return row === undefined ? null : pairsRow.parse(row).pairs;
  }

  savePairs(key: string, content: string, pairs: PairsOfAdapters): void {
    this.database
      .prepare('INSERT OR REPLACE INTO adapter_pairs (key, content, pairs, created_at) VALUES (?, ?, ?, ?)')
      .run(key, content, toJson(pairs), Date.now());
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
