import type { Database } from 'better-sqlite3';
import { z } from 'zod';
import { type ActivationMasks, type MetricRow, metricRowSchema } from '../../../src-shared/domain/run.ts';

const maskRowSchema = z.object({
  first_step: z.number(),
  step_count: z.number(),
  group_count: z.number(),
  bits: z.instanceof(Uint8Array),
});
const logRowSchema = z.object({ at: z.number(), level: z.string(), text: z.string() });

/** What a run left behind step by step: metrics, activation masks, log. */
export class RunHistoryRepository {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /** One transaction; a row that is there already is replaced (a resumed run takes the same step again). */
  insertMetrics(runId: string, rows: readonly MetricRow[]): void {
    const statement = this.database.prepare(
      'INSERT OR REPLACE INTO metrics (run_id, name, step, value) VALUES (?, ?, ?, ?)',
    );
    this.database.transaction(() => {
      for (const row of rows) statement.run(runId, row.name, row.step, row.value);
    })();
  }

  /** Rows of the named metrics (null: all) with step > `afterStep`, by name and step. */
  metrics(runId: string, names: readonly string[] | null, afterStep: number): MetricRow[] {
    const rows =
      names === null
        ? this.database
            .prepare('SELECT name, step, value FROM metrics WHERE run_id = ? AND step > ? ORDER BY name, step')
            .all(runId, afterStep)
        : this.database
            .prepare(
              `SELECT name, step, value FROM metrics WHERE run_id = ? AND step > ?
                 AND name IN (SELECT value FROM json_each(?)) ORDER BY name, step`,
            )
            .all(runId, afterStep, JSON.stringify(names));
    return z.array(metricRowSchema).parse(rows);
  }

  insertMasks(runId: string, masks: ActivationMasks): void {
    if (masks.groupCount === 0 || masks.bytes.length === 0) return;
    this.database
      .prepare(
        'INSERT OR REPLACE INTO masks (run_id, first_step, step_count, group_count, bits) VALUES (?, ?, ?, ?, ?)',
      )
      .run(runId, masks.firstStep, masks.bytes.length / masks.groupCount, masks.groupCount, packBits(masks.bytes));
  }

  /** All masks of a run from its first kept step, or null where there are none. Steps that were never drawn stay off. */
  masks(runId: string): ActivationMasks | null {
    const chunks = z
      .array(maskRowSchema)
      .parse(this.database.prepare('SELECT * FROM masks WHERE run_id = ? ORDER BY first_step').all(runId));
    const first = chunks[0];
    const last = chunks.at(-1);
    if (first === undefined || last === undefined) return null;
    const groupCount = first.group_count;
    const steps = last.first_step + last.step_count - first.first_step;
    const bytes = new Uint8Array(steps * groupCount);
    for (const chunk of chunks) {
      const unpacked = unpackBits(chunk.bits, chunk.step_count * chunk.group_count);
      bytes.set(unpacked, (chunk.first_step - first.first_step) * groupCount);
    }
    return { firstStep: first.first_step, groupCount, bytes };
  }

  log(runId: string): { at: number; level: string; text: string }[] {
    const rows = this.database.prepare('SELECT at, level, text FROM run_log WHERE run_id = ? ORDER BY id').all(runId);
    return z.array(logRowSchema).parse(rows);
  }

  insertLog(runId: string, at: number, level: string, text: string): void {
    this.database
      .prepare('INSERT INTO run_log (run_id, at, level, text) VALUES (?, ?, ?, ?)')
      .run(runId, at, level, text);
  }

  /**
   * Forgets what lies behind a checkpoint that a run goes on from, where `step` steps were taken (the next is number
   * `step`, counted from 0): training metrics and masks of later steps, and evaluations that came after it. Evaluations
   * are numbered by the steps before them, so that at `step` stays. A chunk of masks that straddles the border is cut.
   */
  truncate(runId: string, step: number): void {
    this.database.transaction(() => {
      this.database
        .prepare("DELETE FROM metrics WHERE run_id = ? AND (step > ? OR (step = ? AND substr(name, 1, 5) <> 'eval_'))")
        .run(runId, step, step);
      this.database.prepare('DELETE FROM masks WHERE run_id = ? AND first_step >= ?').run(runId, step);
      const straddling = this.database
        .prepare('SELECT * FROM masks WHERE run_id = ? AND first_step + step_count > ?')
        .all(runId, step);
      for (const row of z.array(maskRowSchema).parse(straddling)) {
        const bytes = unpackBits(row.bits, (step - row.first_step) * row.group_count);
        this.insertMasks(runId, { firstStep: row.first_step, groupCount: row.group_count, bytes });
      }
    })();
  }
}

/** One bit for each byte that is not 0, the first in the lowest bit. */
export function packBits(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const bits = new Uint8Array(Math.ceil(bytes.length / 8));
  for (let index = 0; index < bytes.length; index++) {
    if (bytes[index] !== 0) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
  }
  return bits;
}

export function unpackBits(bits: Uint8Array, count: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(count);
  for (let index = 0; index < count; index++) bytes[index] = ((bits[index >> 3] ?? 0) >> (index & 7)) & 1;
  return bytes;
}
