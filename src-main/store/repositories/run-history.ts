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
} from '../../../src-shared/domain/runs/run-history.ts';
import { numberRow } from '../rows.ts';

const maskRowSchema = z.object({
  first_step: z.number(),
  step_count: z.number(),
  group_count: z.number(),
  bits: z.instanceof(Uint8Array),
});
const maskRowsSchema = z.array(maskRowSchema);
const logRowsSchema = z.array(z.object({ at: z.number(), level: z.string(), text: z.string() }));
const nameSchema = z.object({ name: z.string().nullable() });

/** Range of a curve. Both steps are inclusive; null is no bound. */
export interface CurveRange {
  readonly from: number | null;
  readonly to: number | null;
  /** Maximum number of buckets. */
  readonly buckets: number;
}

/** Infinite values can be stored, NaN cannot; neither has a place in a curve. */
const isFiniteValue = 'value BETWEEN -1.7976931348623157e308 AND 1.7976931348623157e308';
const valuesBetween = `FROM metrics WHERE run_id = ? AND name = ? AND step BETWEEN ? AND ? AND ${isFiniteValue}`;
const foldedValues = 'count(*), avg(step), max(step), min(value), max(value), avg(value)';
/** Steps per row of metric_buckets, folded as by `foldedValues`. */
const storedWidth = 64;
/** Approximate maximum number of steps in a chunk of masks. */
const chunkSteps = 1024;
/** Values that one statement inserts, the most first. */
const insertedAtOnce = [64, 16, 4, 1];
/** Deleting them takes some milliseconds. */
const discardedAtOnce = 10_000;
const anyStep = Number.MAX_SAFE_INTEGER;

/** History of a run by step: metrics, activation masks, log. */
export class RunHistoryRepository {
  private readonly database: Database;
  private readonly insertValues: Map<number, Statement>;
  private readonly insertBucket: Statement;
  private readonly foldValuesEach: Statement;
  private readonly foldBucketsEach: Statement;
  private readonly foldBuckets: Statement;

  constructor(database: Database) {
    this.database = database;
    this.insertValues = new Map(
      insertedAtOnce.map((count) => [
        count,
        database.prepare(
          `INSERT OR REPLACE INTO metrics (run_id, name, step, value)
             SELECT @runId, @name, column1, column2 FROM (VALUES ${Array(count).fill('(?, ?)').join(', ')})`,
        ),
      ]),
    );
    this.insertBucket = database.prepare(
      `INSERT OR REPLACE INTO metric_buckets (run_id, name, bucket, count, mean_step, last_step, low, high, mean)
         SELECT run_id, name, step / ${storedWidth}, ${foldedValues} ${valuesBetween} HAVING count(*) > 0`,
    );
    // Ranges of a primary key in a list, one after the other: by an expression of the step, GROUP BY would sort every row first.
    this.foldValuesEach = database
      .prepare(
        `SELECT count(*), avg(m.step), max(m.step), min(m.value), max(m.value), avg(m.value)
           FROM json_each(@begins) AS range CROSS JOIN metrics AS m
             ON m.run_id = @runId AND m.name = @name AND m.step BETWEEN range.value AND range.value + @width - 1
           WHERE +m.step BETWEEN @first AND @last AND m.${isFiniteValue}
           GROUP BY range.rowid ORDER BY range.rowid`,
      )
      .raw();
    this.foldBucketsEach = database
      .prepare(
        `SELECT sum(m.count), sum(m.count * m.mean_step) / sum(m.count), max(m.last_step), min(m.low), max(m.high),
             sum(m.count * m.mean) / sum(m.count)
           FROM json_each(@begins) AS range CROSS JOIN metric_buckets AS m
             ON m.run_id = @runId AND m.name = @name
               AND m.bucket BETWEEN range.value / ${storedWidth} AND (range.value + @width) / ${storedWidth} - 1
           GROUP BY range.rowid ORDER BY range.rowid`,
      )
      .raw();
    this.foldBuckets = database
      .prepare(
        `SELECT sum(count), sum(count * mean_step) / sum(count), max(last_step), min(low), max(high),
             sum(count * mean) / sum(count)
           FROM metric_buckets WHERE run_id = ? AND name = ? AND bucket BETWEEN ? AND ? HAVING count(*) > 0`,
      )
      .raw();
  }

  /**
   * Stores values in one transaction; existing ones are replaced (a resumed run repeats steps). NaN and infinite
   * values are omitted.
   */
  insertMetrics(runId: string, columns: readonly MetricColumn[]): void {
    this.database.transaction(() => {
      for (const { name, steps, values } of columns) {
        const buckets = new Set<number>();
        const pairs: number[] = [];
        values.forEach((value, index) => {
          const step = steps[index] ?? 0;
          if (!Number.isFinite(value)) return;
          pairs.push(step, value);
          buckets.add(Math.floor(step / storedWidth));
        });
        this.insertPairs({ runId, name }, pairs);
        for (const bucket of buckets) this.foldInto(runId, name, bucket);
      }
    })();
  }

  /** Steps and values, one after the other: a call of a statement costs more than a row. */
  private insertPairs(of: { readonly runId: string; readonly name: string }, pairs: readonly number[]): void {
    let from = 0;
    for (const count of insertedAtOnce)
      for (; pairs.length - from >= 2 * count; from += 2 * count)
        this.insertValues.get(count)?.run(pairs.slice(from, from + 2 * count), of);
  }

  /** Deletes a piece of the metrics of a run or staged run. @returns false if none was left */
  discardMetrics(historyId: string): boolean {
    const { changes } = this.database
      .prepare(
        `DELETE FROM metrics WHERE run_id = @historyId AND (name, step) IN
           (SELECT name, step FROM metrics WHERE run_id = @historyId LIMIT ${discardedAtOnce})`,
      )
      .run({ historyId });
    if (changes > 0) return true;
    this.database.prepare('DELETE FROM metric_buckets WHERE run_id = ?').run(historyId);
    return false;
  }

  /** Names of a run's metrics in order, with one index lookup each, however long the run is. */
  metricNames(runId: string): string[] {
    return this.namesIn(this.historyId(runId));
  }

  /** The run, or the staged one that has its history since it was imported again. */
  private historyId(runId: string): string {
    const id: unknown = this.database.prepare('SELECT history_id FROM runs WHERE id = ?').pluck().get(runId);
    return typeof id === 'string' ? id : runId;
  }

  private namesIn(runId: string): string[] {
    const next = this.database.prepare('SELECT min(name) AS name FROM metric_buckets WHERE run_id = ? AND name > ?');
    const names: string[] = [];
    for (;;) {
      const { name } = nameSchema.parse(next.get(runId, names.at(-1) ?? ''));
      if (name === null) return names;
      names.push(name);
    }
  }

  /** Summary of each metric, by name. */
  metrics(ofRun: string): MetricSummary[] {
    const runId = this.historyId(ofRun);
    const valueAt = this.database.prepare(`SELECT value ${valuesBetween}`).raw();
    return this.namesIn(runId).flatMap((name) => {
      const [count = 0] = numberRow(this.foldBuckets.get(runId, name, 0, anyStep));
      const ends = this.ends(runId, name, null, null);
      if (ends === null) return [];
      const [lastValue = 0] = numberRow(valueAt.get(runId, name, ends.last, ends.last));
      return [{ name, count, firstStep: ends.first, lastStep: ends.last, lastValue }];
    });
  }

  /**
   * A metric folded into at most `buckets` buckets, or single values if there are no more values than buckets.
   */
  curve(ofRun: string, name: string, { from, to, buckets }: CurveRange): Curve {
    const runId = this.historyId(ofRun);
    const ends = this.ends(runId, name, from, to);
    if (ends === null) return makeCurve(name, 1, []);
    const { first, last } = ends;
    if (!this.hasMoreThan(buckets, runId, name, first, last))
      return makeCurve(name, 1, this.values(runId, name, first, last));
    const width = bucketWidth(first, last, buckets);
    const begins: number[] = [];
    for (let begin = Math.floor(first / width) * width; begin <= last; begin += width) begins.push(begin);
    const isStored = (begin: number) =>
      width >= storedWidth && begin >= (from ?? 0) && begin + width - 1 <= (to ?? anyStep);
    const stored = begins.filter(isStored);
    const [lowest = Number.POSITIVE_INFINITY, highest = lowest] = [stored[0], stored.at(-1)];
    const fold = (statement: Statement, ranges: readonly number[]) =>
      ranges.length === 0
        ? []
        : statement.all({ begins: JSON.stringify(ranges), runId, name, width, first, last }).map(numberRow);
    return makeCurve(name, width, [
      ...fold(
        this.foldValuesEach,
        begins.filter((begin) => begin < lowest),
      ),
      ...fold(this.foldBucketsEach, stored),
      ...fold(
        this.foldValuesEach,
        begins.filter((begin) => begin > highest),
      ),
    ]);
  }

  /** First and last step with a value within the range, or null if there is none. */
  private ends(
    runId: string,
    name: string,
    from: number | null,
    to: number | null,
  ): { first: number; last: number } | null {
    const range = [runId, name, from ?? 0, to ?? anyStep];
    const step = (order: 'ASC' | 'DESC'): unknown =>
      this.database
        .prepare(`SELECT step ${valuesBetween} ORDER BY step ${order} LIMIT 1`)
        .pluck()
        .get(...range);
    const [first, last] = [step('ASC'), step('DESC')];
    return typeof first === 'number' && typeof last === 'number' ? { first, last } : null;
  }

  private hasMoreThan(count: number, runId: string, name: string, first: number, last: number): boolean {
    const found = this.database
      .prepare(`SELECT step ${valuesBetween} ORDER BY step LIMIT 1 OFFSET ?`)
      .get(runId, name, first, last, count);
    return found !== undefined;
  }

  /** Every value as a bucket of its own. */
  private values(runId: string, name: string, first: number, last: number): (readonly number[])[] {
    return this.database
      .prepare(`SELECT 1, step, step, value, value, value ${valuesBetween} ORDER BY step`)
      .raw()
      .all(runId, name, first, last)
      .map(numberRow);
  }

  private foldInto(runId: string, name: string, bucket: number): void {
    this.insertBucket.run(runId, name, bucket * storedWidth, (bucket + 1) * storedWidth - 1);
  }

  /** Appends masks to the run's last chunk if they follow it and it is short, so that a long run has few chunks. */
  insertMasks(runId: string, masks: ActivationMasks): void {
    if (masks.groupCount === 0 || masks.bytes.length === 0) return;
    const last = maskRowSchema
      .optional()
      .parse(
        this.database
          .prepare('SELECT * FROM masks WHERE run_id = ? AND first_step < ? ORDER BY first_step DESC LIMIT 1')
          .get(runId, masks.firstStep),
      );
    const joins =
      last !== undefined &&
      last.group_count === masks.groupCount &&
      last.first_step + last.step_count === masks.firstStep &&
      last.step_count < chunkSteps;
    const before = joins ? last : null;
    const known = before === null ? new Uint8Array() : unpackBits(before.bits, before.step_count * before.group_count);
    const bytes = new Uint8Array(known.length + masks.bytes.length);
    bytes.set(known);
    bytes.set(masks.bytes, known.length);
    this.database
      .prepare(
        'INSERT OR REPLACE INTO masks (run_id, first_step, step_count, group_count, bits) VALUES (?, ?, ?, ?, ?)',
      )
      .run(
        runId,
        before?.first_step ?? masks.firstStep,
        bytes.length / masks.groupCount,
        masks.groupCount,
        packBits(bytes),
      );
  }

  /** The masks of a run folded into at most `buckets` buckets, or null if there are none. */
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

  /** The masks of a run as they were inserted, in chunks. */
  masks(runId: string): ActivationMasks[] {
    const rows = this.database.prepare('SELECT * FROM masks WHERE run_id = ? ORDER BY first_step').all(runId);
    return maskRowsSchema.parse(rows).map(({ first_step, step_count, group_count, bits }) => ({
      firstStep: first_step,
      groupCount: group_count,
      bytes: unpackBits(bits, step_count * group_count),
    }));
  }

  log(runId: string): { at: number; level: string; text: string }[] {
    const rows = this.database.prepare('SELECT at, level, text FROM run_log WHERE run_id = ? ORDER BY id').all(runId);
    return logRowsSchema.parse(rows);
  }

  insertLog(runId: string, at: number, level: string, text: string): void {
    this.database
      .prepare('INSERT INTO run_log (run_id, at, level, text) VALUES (?, ?, ?, ?)')
      .run(runId, at, level, text);
  }

  /**
   * Deletes the history after a checkpoint taken after `step` steps (the next step is number `step`, counted from
   * 0): training metrics and masks of later steps, and later evaluations. Evaluations are numbered by the steps
   * before them, so the one at `step` stays. A chunk of masks that straddles the border is cut.
   */
  truncate(runId: string, step: number): void {
    this.database.transaction(() => {
      this.database
        .prepare("DELETE FROM metrics WHERE run_id = ? AND (step > ? OR (step = ? AND substr(name, 1, 5) <> 'eval_'))")
        .run(runId, step, step);
      const names = this.namesIn(runId);
      const straddled = Math.floor(step / storedWidth);
      this.database.prepare('DELETE FROM metric_buckets WHERE run_id = ? AND bucket >= ?').run(runId, straddled);
      for (const name of names) this.foldInto(runId, name, straddled);
      this.database.prepare('DELETE FROM masks WHERE run_id = ? AND first_step >= ?').run(runId, step);
      const straddling = this.database
        .prepare('SELECT * FROM masks WHERE run_id = ? AND first_step + step_count > ?')
        .all(runId, step);
      this.database.prepare('DELETE FROM masks WHERE run_id = ? AND first_step + step_count > ?').run(runId, step);
      for (const row of maskRowsSchema.parse(straddling)) {
        const bytes = unpackBits(row.bits, (step - row.first_step) * row.group_count);
        this.insertMasks(runId, { firstStep: row.first_step, groupCount: row.group_count, bytes });
      }
    })();
  }
}

/** Builds a curve from rows of the statements above: count, mean step, last step, min, max, mean. */
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

/** Packs each non-zero byte as one bit, the first in the lowest bit. */
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
