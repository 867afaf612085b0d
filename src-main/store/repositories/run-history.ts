import type { Database, Statement } from 'better-sqlite3';
import { z } from 'zod';
import { bucketWidth } from '../../../src-shared/curves/bucket-width.ts';
import { GrowingShares } from '../../../src-shared/curves/growing-shares.ts';
import type {
  ActivationMasks,
  ActivationShares,
  Curve,
  MetricColumn,
  MetricSummary,
} from '../../../src-shared/domain/run-history.ts';
import { numberRow } from '../rows.ts';

const maskRowSchema = z.object({
  first_step: z.number(),
  step_count: z.number(),
  group_count: z.number(),
  bits: z.instanceof(Uint8Array),
});
const logRowSchema = z.object({ at: z.number(), level: z.string(), text: z.string() });
const nameSchema = z.object({ name: z.string().nullable() });

/** What a curve is asked for. Steps are both included; null is open. */
export interface CurveRange {
  readonly from: number | null;
  readonly to: number | null;
  /** Most buckets of the answer. */
  readonly buckets: number;
}

/** Infinite values can be stored, NaN cannot; neither has a place in a curve. */
const isFiniteValue = 'value BETWEEN -1.7976931348623157e308 AND 1.7976931348623157e308';
const ofMetric = 'FROM metrics WHERE run_id = ? AND name = ?';

/** What a run left behind step by step: metrics, activation masks, log. */
export class RunHistoryRepository {
  private readonly database: Database;
  private readonly insertValue: Statement;
  private readonly firstStep: Statement;
  private readonly lastStep: Statement;
  private readonly bucket: Statement;

  constructor(database: Database) {
    this.database = database;
    this.insertValue = database.prepare(
      'INSERT OR REPLACE INTO metrics (run_id, name, step, value) VALUES (?, ?, ?, ?)',
    );
    this.firstStep = database.prepare(`SELECT step ${ofMetric} AND step >= ? ORDER BY step LIMIT 1`).pluck();
    this.lastStep = database.prepare(`SELECT step ${ofMetric} AND step <= ? ORDER BY step DESC LIMIT 1`).pluck();
    this.bucket = database
      .prepare(
        `SELECT count(*), avg(step), max(step), min(value), max(value), avg(value)
           ${ofMetric} AND step BETWEEN ? AND ? AND ${isFiniteValue} HAVING count(*) > 0`,
      )
      .raw();
  }

  /**
   * One transaction; a value that is there already is replaced (a resumed run takes the same step again). Values that are no
   * number or infinite are left out.
   */
  insertMetrics(runId: string, columns: readonly MetricColumn[]): void {
    this.database.transaction(() => {
      for (const { name, steps, values } of columns)
        values.forEach((value, index) => {
          if (Number.isFinite(value)) this.insertValue.run(runId, name, steps[index], value);
        });
    })();
  }

  /** The names of a run's metrics in order, found by one search each, however long the run is. */
  metricNames(runId: string): string[] {
    const next = this.database.prepare('SELECT min(name) AS name FROM metrics WHERE run_id = ? AND name > ?');
    const names: string[] = [];
    for (;;) {
      const { name } = nameSchema.parse(next.get(runId, names.at(-1) ?? ''));
      if (name === null) return names;
      names.push(name);
    }
  }

  /** What there is of each metric, by name: reads the whole history. */
  metrics(runId: string): MetricSummary[] {
    const summary = this.database
      .prepare(`SELECT count(*), min(step), max(step) ${ofMetric} AND ${isFiniteValue} HAVING count(*) > 0`)
      .raw();
    const valueAt = this.database.prepare(`SELECT value ${ofMetric} AND step = ?`).raw();
    return this.metricNames(runId).flatMap((name) => {
      const row = summary.get(runId, name);
      if (row === undefined) return [];
      const [count = 0, firstStep = 0, lastStep = 0] = numberRow(row);
      const [lastValue = 0] = numberRow(valueAt.get(runId, name, lastStep));
      return [{ name, count, firstStep, lastStep, lastValue }];
    });
  }

  /**
   * A metric folded into at most `buckets` buckets, or value by value where there are no more values than buckets. Each
   * bucket is a range of the primary key of its own: one GROUP BY over all of them would sort every row first, which takes
   * four times as long.
   */
  curve(runId: string, name: string, { from, to, buckets }: CurveRange): Curve {
    const first = this.firstStep.get(runId, name, from ?? 0);
    const last = this.lastStep.get(runId, name, to ?? Number.MAX_SAFE_INTEGER);
    if (typeof first !== 'number' || typeof last !== 'number' || first > last) return makeCurve(name, 1, []);
    const values = this.values(runId, name, first, last, buckets);
    if (values !== null) return makeCurve(name, 1, values);
    const width = bucketWidth(first, last, buckets);
    const rows: (readonly number[])[] = [];
    for (let bucket = Math.floor(first / width); bucket <= Math.floor(last / width); bucket++) {
      const begin = Math.max(first, bucket * width);
      const row = this.bucket.get(runId, name, begin, Math.min(last, (bucket + 1) * width - 1));
      if (row !== undefined) rows.push(numberRow(row));
    }
    return makeCurve(name, width, rows);
  }

  /** Every value as a bucket of its own, or null where there are more than `most`. */
  private values(runId: string, name: string, first: number, last: number, most: number): (readonly number[])[] | null {
    const rows = this.database
      .prepare(
        `SELECT 1, step, step, value, value, value ${ofMetric} AND step BETWEEN ? AND ? AND ${isFiniteValue}
           ORDER BY step LIMIT ?`,
      )
      .raw()
      .all(runId, name, first, last, most + 1);
    return rows.length > most ? null : rows.map(numberRow);
  }

  insertMasks(runId: string, masks: ActivationMasks): void {
    if (masks.groupCount === 0 || masks.bytes.length === 0) return;
    this.database
      .prepare(
        'INSERT OR REPLACE INTO masks (run_id, first_step, step_count, group_count, bits) VALUES (?, ?, ?, ?, ?)',
      )
      .run(runId, masks.firstStep, masks.bytes.length / masks.groupCount, masks.groupCount, packBits(masks.bytes));
  }

  /** The masks of a run folded into at most `buckets` buckets, or null where there are none. */
  activationShares(runId: string, buckets: number): ActivationShares | null {
    let shares: GrowingShares | null = null;
    const chunks = this.database.prepare('SELECT * FROM masks WHERE run_id = ? ORDER BY first_step').iterate(runId);
    for (const row of chunks) {
      const chunk = maskRowSchema.parse(row);
      shares ??= new GrowingShares(chunk.group_count, buckets);
      shares.add({
        firstStep: chunk.first_step,
        groupCount: chunk.group_count,
        bytes: unpackBits(chunk.bits, chunk.step_count * chunk.group_count),
      });
    }
    return shares?.view() ?? null;
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

/** A curve of rows as the statements above make them: count, mean step, last step, min, max, mean. */
function makeCurve(metric: string, width: number, rows: readonly (readonly number[])[]): Curve {
  const column = (at: number): Float64Array<ArrayBuffer> => Float64Array.from(rows, (row) => row[at] ?? 0);
  return {
    metric,
    width,
    counts: Uint32Array.from(column(0)),
    steps: column(1),
    ends: Int32Array.from(column(2)),
    min: column(3),
    max: column(4),
    mean: column(5),
  };
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
