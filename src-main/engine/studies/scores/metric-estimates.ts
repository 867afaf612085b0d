import type { Score } from '../../../../src-shared/domain/studies/plan.ts';
import { isExampleMean } from '../../../../src-shared/metrics/index.ts';
import { exampleValues } from '../../../../src-shared/results/outcomes.ts';
import { NestedBootstrap } from '../../../../src-shared/statistics/bootstrap.ts';
import { crossedTest, seedTest } from '../../../../src-shared/statistics/crossed-test.ts';
import { differenceTable, type OutcomeTable, outcomeTable } from '../../../../src-shared/statistics/outcome-table.ts';
import { pseudoValues } from '../../../../src-shared/statistics/pairs-of-seeds.ts';
import { signFlipTest } from '../../../../src-shared/statistics/permutation-test.ts';
import { meanInterval, pairedDifference } from '../../../../src-shared/statistics/student.ts';
import type { MetricDifference, MetricInterval } from '../../../../src-shared/studies/scores/metric-interval.ts';
import { metricOf } from './study-score.ts';

/** Scores of one cell, in the order of the seeds; of merges of pairs, in that of `pairsOfSeeds`. */
export interface ScoredCell {
  readonly scores: readonly Score[];
  /** Cells of the same key were scored on the same examples, so that these can be paired. */
  readonly examples: string;
}

export interface CellEstimate {
  readonly values: readonly number[];
  readonly own: MetricInterval;
  /** null for a cell that is its own reference, or has none. */
  readonly difference: MetricDifference | null;
}

/**
 * Means of a metric over seeds and examples, and paired differences of each cell to the one at its place in `references`
 * (null: none), with their intervals and tests. `pairsOf`: the scores are of merges of every pair of as many seeds.
 *
 * Outcomes of single examples are those of accuracy and loss; of other metrics, seeds alone make the intervals.
 */
export function estimateCells(
  cells: readonly ScoredCell[],
  metric: string,
  {
    references = [],
    pairsOf = null,
  }: { readonly references?: readonly (number | null)[]; readonly pairsOf?: number | null } = {},
): CellEstimate[] {
  const values = cells.map(({ scores }) => scores.map((score) => metricOf(score, metric)));
  const bySeed = values.map((row) =>
    ofSeeds(
      row.map((value) => [value]),
      pairsOf,
    ).map((row) => row[0] ?? Number.NaN),
  );
  const tables = cells.map((cell) => tableOf(cell, metric, pairsOf));
  const bootstraps = bootstrapsOf(cells, tables);
  return cells.map((cell, at): CellEstimate => {
    const own = bySeed[at] ?? [];
    const bootstrap = bootstraps[at];
    const interval = bootstrap === undefined ? null : ends(bootstrap.of.interval(bootstrap.place));
    const common = { values: values[at] ?? [], own: { ...meanInterval(own), bootstrap: interval } };
    const reference = references[at] ?? null;
    const control = reference === null ? undefined : bySeed[reference];
    if (control === undefined || at === reference || reference === null) return { ...common, difference: null };
    const other = bootstraps[reference];
    const isPaired = cell.examples === cells[reference]?.examples && bootstrap?.of === other?.of;
    const differences = own.map((value, seed) => value - (control[seed] ?? Number.NaN));
    const [table, controlTable] = isPaired ? [tables[at], tables[reference]] : [];
    return {
      ...common,
      difference: {
        ...pairedDifference(own, control),
        test: table && controlTable ? crossedTest(differenceTable(table, controlTable)) : seedTest(differences),
        permutation: differences.length < 2 ? null : signFlipTest(differences),
        bootstrap: isPaired && bootstrap && other ? ends(bootstrap.of.difference(bootstrap.place, other.place)) : null,
      },
    };
  });
}

interface Placed {
  readonly of: NestedBootstrap;
  readonly place: number;
}

/** One bootstrap for all cells that share their examples, so that its resamples are paired. */
function bootstrapsOf(cells: readonly ScoredCell[], tables: readonly (OutcomeTable | null)[]): (Placed | undefined)[] {
  const groups = Map.groupBy(
    tables.flatMap((table, at) => (table === null ? [] : [{ table, at }])),
    ({ table, at }) => JSON.stringify([cells[at]?.examples, table.seeds, table.examples]),
  );
  const placed: (Placed | undefined)[] = cells.map(() => undefined);
  for (const members of groups.values()) {
    const of = new NestedBootstrap(members.map(({ table }) => table));
    for (const [place, { at }] of members.entries()) placed[at] = { of, place };
  }
  return placed;
}

/** Outcomes of examples by seed; null where the metric or a score has none. */
function tableOf({ scores }: ScoredCell, metric: string, pairsOf: number | null): OutcomeTable | null {
  if (!isExampleMean(metric)) return null;
  const rows = scores.flatMap((score) => exampleValues(score, metric) ?? []);
  const [first] = rows;
  if (first === undefined || rows.length < scores.length) return null;
  if (rows.some(({ values }) => values.length !== first.values.length)) return null;
  return outcomeTable(
    ofSeeds(
      rows.map(({ values }) => values),
      pairsOf,
    ),
    first.weights,
  );
}

function ofSeeds(rows: readonly ArrayLike<number>[], pairsOf: number | null): readonly ArrayLike<number>[] {
  return pairsOf === null ? rows : pseudoValues(rows, pairsOf);
}

function ends({ low, high, over }: NonNullable<MetricInterval['bootstrap']>): MetricInterval['bootstrap'] {
  return { low, high, over };
}
