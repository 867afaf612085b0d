import type { Score } from '../../../../src-shared/domain/studies/plan.ts';
import { isExampleMean } from '../../../../src-shared/metrics/index.ts';
import { type ExampleValues, exampleValues } from '../../../../src-shared/results/outcomes.ts';
import { signFlipTest } from '../../../../src-shared/statistics/permutation-test.ts';
import { mean } from '../../../../src-shared/statistics/student.ts';
import { type Interval, studentInterval } from '../../../../src-shared/studies/scores/interval.ts';
import type {
  MultitaskCell,
  MultitaskConfig,
  MultitaskResult,
  MultitaskRow,
} from '../../../../src-shared/studies/task-sets/multitask-schemas.ts';
import type { ScoreOf } from '../define-study-work.ts';
import { metricOf } from '../scores/study-score.ts';
import { multitaskKey, singleKey } from './multitask-keys.ts';
import { taskTunings } from './task-set-sweeps.ts';
import type { PlannedSets, SetGroup } from './task-sets.ts';
import {
  bootstrapInterval,
  overExamples,
  overSets,
  type References,
  type RowStatistics,
  referencesOf,
  resampledValues,
  rowStatistics,
  type SetValues,
} from './task-statistics.ts';

/** The scores of one group: scores[set][row][task]. */
interface ScoredGroup {
  readonly group: SetGroup;
  readonly scores: readonly (readonly (readonly Score[])[])[];
  readonly values: readonly SetValues[];
  readonly single: readonly number[];
  readonly references: References;
  /** statistics[set][row] */
  readonly statistics: readonly (readonly RowStatistics<number>[])[];
}

/** Resampled statistics by group and row, where each group has one set and the metric is a mean over examples. */
type Resampled = readonly (readonly (readonly RowStatistics<number>[])[])[];

export function foldMultitask(
  config: MultitaskConfig,
  { tasks, groups }: PlannedSets,
  rows: readonly MultitaskRow[],
  scoreOf: ScoreOf,
): MultitaskResult {
  const { metric } = config;
  const scored = groups.map((group, place) => scoredGroup(group, place, rows, metric, scoreOf));
  const sets = Math.max(...groups.map((group) => group.sets.length));
  const resampled = sets > 1 ? null : resampledStatistics(scored, config);
  const summaryOf = ({ statistics }: ScoredGroup, group: number, row: number): RowStatistics<Interval> => {
    const bySet = statistics.flatMap((set) => set[row] ?? []);
    const [only] = bySet;
    return sets > 1 || only === undefined ? overSets(bySet) : overExamples(only, resampled?.[group]?.[row] ?? []);
  };
  const examples = tasks.map((_, task) => scored[0]?.scores[0]?.[0]?.[task]?.examples ?? 0);
  return {
    kind: 'multitask',
    metric,
    examples: examples.reduce((sum, count) => sum + count, 0),
    tasks: tasks.map(({ name }, task) => ({ name, examples: examples[task] ?? 0 })),
    rows: [...rows],
    groups: scored.map((one, place) => ({
      label: one.group.label,
      coto: one.group.coto,
      seeds: one.group.sets.map(({ seed }) => seed),
      cells: one.scores.map((set) => set.map((row) => row.map((score) => cellOf(score, metric)))),
      single: [...one.single],
      summaries: rows.map((_, row) => {
        const summary = summaryOf(one, place, row);
        return { ...summary, tasks: [...summary.tasks] };
      }),
      flat: tasks.flatMap((_, task) => (one.references.gaining.includes(task) ? [] : [task])),
      tuned: one.scores.map((set) =>
        set.map((row) => {
          const tuned = row[0]?.tuned;
          if (tuned === undefined) return null;
          const weights = (tuned.weights ?? []).map((weight) => (typeof weight === 'number' ? weight : [...weight]));
          return { score: tuned.score, given: tuned.given, weights };
        }),
      ),
    })),
    over: sets > 1 ? 'sets' : resampled === null ? 'nothing' : 'examples',
    differences: pairsOf(groups).map(([coto, without]) => ({
      coto,
      without,
      rows: rows.map((_, row) => differenceOf(scored, resampled, { coto, without, row })),
    })),
    tuning: taskTunings(config, scoreOf),
  };
}

function scoredGroup(
  group: SetGroup,
  place: number,
  rows: readonly MultitaskRow[],
  metric: string,
  scoreOf: ScoreOf,
): ScoredGroup {
  const own = rows.findIndex(({ kind }) => kind === 'own');
  const base = rows.findIndex(({ kind }) => kind === 'base');
  const scores: Score[][][] = [];
  const single: number[] = [];
  for (const [set, { adapters }] of group.sets.entries()) {
    const tasks = adapters.map((_, task) => task);
    const singles = tasks.map((adapter) =>
      tasks.map((task) =>
        scoreOf(adapter === task ? multitaskKey(place, set, own, task) : singleKey(place, set, adapter, task)),
      ),
    );
    const means = singles.map((row) => mean(row.map((score) => metricOf(score, metric))));
    const best = means.indexOf(Math.max(...means));
    single.push(best);
    scores.push(
      rows.map(({ kind }, row) =>
        kind === 'single' ? (singles[best] ?? []) : tasks.map((task) => scoreOf(multitaskKey(place, set, row, task))),
      ),
    );
  }
  const values = scores.map((set) => set.map((row) => row.map((score) => metricOf(score, metric))));
  const references = referencesOf(values, own, base);
  const statistics = values.map((set) => set.map((_, row) => rowStatistics(set, row, references)));
  return { group, scores, values, single, references, statistics };
}

/** Null where an outcome of an example is missing: the metric is no mean over examples, or a score is of an older version. */
function resampledStatistics(scored: readonly ScoredGroup[], { metric, seed }: MultitaskConfig): Resampled | null {
  if (!isExampleMean(metric)) return null;
  const rowsOf = scored.map(({ scores }) => scores[0] ?? []);
  const examples: ExampleValues[][] = [];
  for (const row of rowsOf.flat()) {
    const known = row.map((score) => exampleValues(score, metric));
    if (known.includes(null)) return null;
    examples.push(known.filter((values) => values !== null));
  }
  const statistics = rowsOf.map((rows) => rows.map((): RowStatistics<number>[] => []));
  for (const values of resampledValues(examples, seed)) {
    let first = 0;
    for (const [group, { references }] of scored.entries()) {
      const rows = statistics[group] ?? [];
      const own = values.slice(first, first + rows.length);
      for (const [row, target] of rows.entries()) target.push(rowStatistics(own, row, references));
      first += rows.length;
    }
  }
  return statistics;
}

function cellOf(score: Score, metric: string): MultitaskCell {
  return { value: metricOf(score, metric), loss: score.loss, forgetting: score.forgetting ?? null };
}

/** Each group with CoTo beside that without which it is compared with: the one of the same label, or the only one. */
function pairsOf(groups: readonly SetGroup[]): [coto: number, without: number][] {
  const plain = (label: string) => label.replace(/\s*[+,·]?\s*\bCoTo\b/i, '').replace(/^without\s*,?\s*/i, '');
  const places = groups.map((_, place) => place);
  const withCoto = places.filter((place) => groups[place]?.coto);
  const without = places.filter((place) => !groups[place]?.coto);
  return withCoto.flatMap((coto): [number, number][] => {
    const same = without.filter((place) => plain(groups[place]?.label ?? '') === plain(groups[coto]?.label ?? ''));
    const [other] = same.length > 0 ? same : withCoto.length === 1 && without.length === 1 ? without : [];
    return other === undefined || pairedSets(groups[coto], groups[other]).length === 0 ? [] : [[coto, other]];
  });
}

/** Sets of one seed by their places in both groups; of groups of one set each these two, whatever their seeds. */
function pairedSets(one: SetGroup | undefined, other: SetGroup | undefined): [one: number, other: number][] {
  const [sets, others] = [one?.sets ?? [], other?.sets ?? []];
  if (sets.length === 1 && others.length === 1) return [[0, 0]];
  return sets.flatMap(({ seed }, set): [number, number][] => {
    const place = others.findIndex((candidate) => candidate.seed === seed);
    return place < 0 ? [] : [[set, place]];
  });
}

function differenceOf(
  scored: readonly ScoredGroup[],
  resampled: Resampled | null,
  { coto, without, row }: { readonly coto: number; readonly without: number; readonly row: number },
): MultitaskResult['differences'][number]['rows'][number] {
  const [treatment, control] = [scored[coto], scored[without]];
  const pairs = pairedSets(treatment?.group, control?.group).flatMap(([set, other]) => {
    const [one, two] = [treatment?.statistics[set]?.[row], control?.statistics[other]?.[row]];
    return one && two ? [{ one, two }] : [];
  });
  const means = pairs.map(({ one, two }) => one.mean - two.mean);
  const normalized = pairs.flatMap(({ one, two }) =>
    one.normalized === null || two.normalized === null ? [] : [one.normalized - two.normalized],
  );
  const draws = (resampled?.[coto]?.[row] ?? []).map((one, at) => ({ one, two: resampled?.[without]?.[row]?.[at] }));
  const interval = (values: readonly number[], pick: (of: RowStatistics<number>) => number | null): Interval => {
    const [only = Number.NaN] = values;
    if (values.length > 1 || draws.length === 0) return studentInterval(values);
    return bootstrapInterval(
      only,
      draws.map(({ one, two }) => (pick(one) ?? Number.NaN) - ((two && pick(two)) ?? Number.NaN)),
    );
  };
  return {
    mean: interval(means, (of) => of.mean),
    normalized: normalized.length === 0 ? null : interval(normalized, (of) => of.normalized),
    p: means.length > 1 ? signFlipTest(means).p : null,
  };
}
