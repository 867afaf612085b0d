import type { ExampleValues } from '../../../../src-shared/results/outcomes.ts';
import { percentileInterval } from '../../../../src-shared/statistics/bootstrap.ts';
import { ExampleBootstrap } from '../../../../src-shared/statistics/example-bootstrap.ts';
import { mean } from '../../../../src-shared/statistics/student.ts';
import { type Interval, studentInterval } from '../../../../src-shared/studies/scores/interval.ts';

/** Gain of the own adapters over the base below which (value − base) / (own − base) says nothing. */
export const minGain = 0.02;

/** Values of one set of adapters: [row][task]. */
export type SetValues = readonly (readonly number[])[];

/** Rows that the others are compared with, and the tasks on which that can be done. */
export interface References {
  readonly own: number;
  readonly base: number;
  /** Tasks with own > 0 in every set. */
  readonly scored: readonly number[];
  /** Tasks with own − base of at least `minGain` in every set. */
  readonly gaining: readonly number[];
}

/** Statistics of one row. */
export interface RowStatistics<T> {
  readonly tasks: readonly T[];
  readonly mean: T;
  /** Mean over tasks of value / own. */
  readonly normalized: T | null;
  /** Mean over tasks of (value − base) / (own − base). */
  readonly recovered: T | null;
}

/** A task is left out for all sets or for none, so that every set counts the same ones. */
export function referencesOf(sets: readonly SetValues[], own: number, base: number): References {
  const tasks = (sets[0]?.[own] ?? []).map((_, task) => task);
  const at = (set: SetValues, row: number, task: number) => set[row]?.[task] ?? Number.NaN;
  return {
    own,
    base,
    scored: tasks.filter((task) => sets.every((set) => at(set, own, task) > 0)),
    gaining: tasks.filter((task) => sets.every((set) => at(set, own, task) - at(set, base, task) >= minGain)),
  };
}

/** The statistics of a row in one set. */
export function rowStatistics(values: SetValues, row: number, references: References): RowStatistics<number> {
  const { own, base, scored, gaining } = references;
  const at = (place: number, task: number) => values[place]?.[task] ?? Number.NaN;
  const over = (tasks: readonly number[], value: (task: number) => number) =>
    tasks.length === 0 ? null : mean(tasks.map(value));
  return {
    tasks: values[row] ?? [],
    mean: mean(values[row] ?? []),
    normalized: over(scored, (task) => at(row, task) / at(own, task)),
    recovered: over(gaining, (task) => (at(row, task) - at(base, task)) / (at(own, task) - at(base, task))),
  };
}

/** Student's intervals over sets. */
export function overSets(sets: readonly RowStatistics<number>[]): RowStatistics<Interval> {
  return combined(sets, (values) => studentInterval(values));
}

/**
 * Intervals of one set over its test examples: percentiles of the resampled statistics. Means without ends where there
 * are no resamples.
 */
export function overExamples(
  set: RowStatistics<number>,
  resampled: readonly RowStatistics<number>[],
): RowStatistics<Interval> {
  return combined([set, ...resampled], ([value = Number.NaN, ...others]) => bootstrapInterval(value, others));
}

/** Percentiles of resampled values around a value; resamples in which it is not defined are left out. */
export function bootstrapInterval(value: number, resampled: readonly number[]): Interval {
  const defined = resampled.filter(Number.isFinite);
  const [low, high] = defined.length === 0 ? [null, null] : percentileInterval(Float64Array.from(defined));
  return { mean: value, low, high, n: 1 };
}

function combined(
  all: readonly RowStatistics<number>[],
  combine: (values: readonly number[]) => Interval,
): RowStatistics<Interval> {
  const [first] = all;
  const of = (pick: (one: RowStatistics<number>) => number | null) =>
    first === undefined || pick(first) === null ? null : combine(all.map((one) => pick(one) ?? Number.NaN));
  return {
    tasks: (first?.tasks ?? []).map((_, task) => combine(all.map((one) => one.tasks[task] ?? Number.NaN))),
    mean: combine(all.map((one) => one.mean)),
    normalized: of(({ normalized }) => normalized),
    recovered: of(({ recovered }) => recovered),
  };
}

/**
 * Bootstrap over test examples: values of every row on every task when each task's examples are drawn with replacement.
 * All rows share the draws, so that ratios and differences are paired.
 * @param examples by row and task: the values whose (weighted) mean is the score
 * @returns one [row][task] for each resample
 */
export function* resampledValues(examples: readonly (readonly ExampleValues[])[], seed: number): Generator<number[][]> {
  const tasks = (examples[0] ?? []).map((_, task) =>
    new ExampleBootstrap(
      examples.flatMap((row) => row[task] ?? []),
      seed + task,
    ).resamples(),
  );
  for (;;) {
    const means: Float64Array[] = [];
    for (const task of tasks) {
      const next = task.next();
      if (next.done) return;
      means.push(next.value);
    }
    if (means.length === 0) return;
    yield examples.map((_, row) => means.map((values) => values[row] ?? Number.NaN));
  }
}
