import type { RunRecord } from '../domain/runs/run.ts';
import { loss } from '../metrics/loss.ts';
import { seedTest } from '../statistics/crossed-test.ts';
import { signFlipTest } from '../statistics/permutation-test.ts';
import { meanInterval, pairedDifference } from '../statistics/student.ts';
import type { GridResult, OutcomeCell } from '../studies/grid/grid-schemas.ts';
import { meanRise } from './forgetting.ts';
import { groupLabels } from './group-labels.ts';
import { namedScores } from './headline.ts';
import { groupRuns, metricOf, type RunGroup, type RunValue, summarizeGroups } from './run-groups.ts';

/** One metric of every group: its mean over seeds, and its difference to the reference, paired by seed. */
export interface GroupComparison {
  /** Id of the metric. */
  readonly metric: string;
  readonly label: string;
  /** One cell a group, as a grid of cells is: the same tables and figures show it. */
  readonly result: GridResult;
}

/** A group of runs under the name that tells it from the others. */
export interface NamedGroup extends RunGroup {
  readonly label: string;
  readonly coto: boolean;
}

/** The runs by their settings: those without CoTo first, within a group by seed. */
export function namedGroups(runs: readonly RunRecord[], nameOf: (run: RunRecord) => string): NamedGroup[] {
  const groups = groupRuns(runs.toSorted((left, right) => left.config.seed - right.config.seed));
  const labels = groupLabels(groups, nameOf);
  return groups
    .map((group) => ({ ...group, label: labels.get(group.key) ?? '', coto: group.first.config.coto !== null }))
    .toSorted((left, right) => Number(left.coto) - Number(right.coto));
}

/**
 * Every metric that a run of the groups has, the headline first and the loss last. A group is compared with its own
 * settings without CoTo where these are there, else with the first of the same base and data.
 */
export function compareGroups(groups: readonly NamedGroup[]): GroupComparison[] {
  const results = groups.flatMap(({ runs }) => runs.flatMap(({ result }) => result ?? []));
  const labels = new Map(results.flatMap((result) => namedScores(result)).map(({ id, label }) => [id, label]));
  if (results.some(({ evalLoss }) => evalLoss !== null)) labels.set(loss.id, loss.label);
  const references = referencesOf(groups);
  return [...labels].map(([metric, label]) => ({ metric, label, result: compareBy(metric, groups, references) }));
}

function referencesOf(groups: readonly NamedGroup[]): number[] {
  const baselines = summarizeGroups(groups).map(({ difference }) => difference?.baseline.key);
  const places = groups.map(({ first }) => `${first.modelId} ${first.datasetId}`);
  return groups.map((_, at) => {
    const baseline = groups.findIndex(({ key }) => key === baselines[at]);
    return baseline < 0 ? places.indexOf(places[at] ?? '') : baseline;
  });
}

function compareBy(metric: string, groups: readonly NamedGroup[], references: number[]): GridResult {
  const values = groups.map(({ runs }) => bySeed(runs, metricOf(metric)));
  return {
    examples: Math.max(0, ...groups.flatMap(({ runs }) => runs.map(({ facts }) => facts?.evalExamples ?? 0))),
    metric,
    reference: 0,
    references,
    cells: groups.map(({ label, coto }) => ({ label, coto, settings: {}, learning_rate: null, scores: [] })),
    outcomes: [
      {
        label: metric,
        metric,
        notes: notesOf(groups),
        cells: groups.map(({ runs }, at) => {
          const own = values[at] ?? new Map();
          const control = references[at] === at ? null : (values[references[at] ?? 0] ?? null);
          return cellOf(runs, own, control);
        }),
      },
    ],
    tuning: null,
  };
}

function cellOf(
  runs: readonly RunRecord[],
  own: ReadonlyMap<number, number>,
  control: ReadonlyMap<number, number> | null,
): OutcomeCell | null {
  if (own.size === 0) return null;
  const pairs = [...own].flatMap(([seed, value]) => {
    const other = control?.get(seed);
    return other === undefined ? [] : [{ value, other }];
  });
  const differences = pairs.map(({ value, other }) => value - other);
  const measure = runs.find(({ result }) => result?.forgetting != null)?.result?.forgetting?.measure;
  const rise = meanRise(runs.map(({ result }) => result?.forgetting));
  return {
    values: [...own].map(([seed, value]) => ({ seeds: [seed], value })),
    own: { ...meanInterval([...own.values()]), bootstrap: null },
    difference:
      pairs.length === 0
        ? null
        : {
            ...pairedDifference(
              pairs.map(({ value }) => value),
              pairs.map(({ other }) => other),
            ),
            test: seedTest(differences),
            bootstrap: null,
            permutation: differences.length < 2 ? null : signFlipTest(differences),
          },
    forgetting: measure === undefined || rise === null ? null : { measure, rise },
  };
}

/** Keeps the newest of several runs with one seed. */
function bySeed(runs: readonly RunRecord[], value: RunValue): ReadonlyMap<number, number> {
  const inTime = runs.toSorted((left, right) => left.createdAt - right.createdAt);
  const values = inTime.flatMap((run): [number, number][] => {
    const own = value(run);
    return own === null ? [] : [[run.config.seed, own]];
  });
  return new Map(values.toSorted(([left], [right]) => left - right));
}

function notesOf(groups: readonly NamedGroup[]): string[] {
  const runs = groups.flatMap((group) => group.runs);
  const unfinished = runs.filter(({ result }) => result === null).length;
  return [
    ...(runs.some(({ config }) => config.eval_split === 'validation')
      ? ['Some are scored on the validation split.']
      : []),
    ...(unfinished > 0 ? [`${unfinished} of ${runs.length} runs have no result.`] : []),
  ];
}
