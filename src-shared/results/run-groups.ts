import type { RunConfig, RunRecord } from '../domain/runs/run.ts';
import { metricValue } from '../metrics/index.ts';
import { type MeanInterval, meanInterval, pairedDifference } from '../statistics/student.ts';
import { headlineOf } from './headline.ts';

/** Runs that differ in nothing but their seeds, in the order given. */
export interface RunGroup {
  readonly key: string;
  readonly runs: readonly RunRecord[];
  /** Stands for the settings of all. */
  readonly first: RunRecord;
}

/** The results of a group in numbers; accuracies are shares (0 to 1). */
export interface GroupScore {
  /** Id of the metric that the runs are known by: accuracy, perplexity … */
  readonly metric: string;
  readonly label: string;
  /** Over one value a seed. */
  readonly interval: MeanInterval;
}

/** A group compared with its baseline on the seeds that both have. */
export interface GroupDifference {
  readonly baseline: RunGroup;
  readonly interval: MeanInterval;
  /** Settings besides CoTo in which the baseline differs. */
  readonly otherSettings: readonly string[];
}

export interface GroupSummary {
  readonly group: RunGroup;
  /** Number of different seeds, finished or not. */
  readonly seeds: number;
  /** Null while no run of it has a result. */
  readonly score: GroupScore | null;
  /** To the group without CoTo; null without CoTo, without such a group, and without a common seed. */
  readonly difference: GroupDifference | null;
}

/** Returns the compared value of a run; null if missing. */
export type RunValue = (run: RunRecord) => number | null;

/** Settings that change neither what a run learns nor how it is scored, besides its seeds. */
const withoutEffect: ReadonlySet<string> = new Set([
  'logging_steps',
  'save_steps',
  'save_minutes',
  'per_device_eval_batch_size',
]);

/** Folds the seeds of the same settings, base and dataset; groups in the order of their first run. */
export function groupRuns(runs: readonly RunRecord[]): RunGroup[] {
  const groups = new Map<string, RunRecord[]>();
  for (const run of runs) {
    const key = settingsKey(run);
    const known = groups.get(key);
    if (known) known.push(run);
    else groups.set(key, [run]);
  }
  return [...groups].flatMap(([key, members]) => {
    const [first] = members;
    return first === undefined ? [] : [{ key, runs: members, first }];
  });
}

/** Every group with its score and, for those with CoTo, the paired difference to its baseline. */
export function summarizeGroups(groups: readonly RunGroup[]): GroupSummary[] {
  const findBaseline = baselineFinder(groups);
  return groups.map((group) => {
    const score = groupScore(group.runs);
    const found = score === null ? null : findBaseline(group);
    const interval = found && score && groupDifference(group, found.baseline, metricOf(score.metric));
    return {
      group,
      seeds: new Set(group.runs.map(({ config }) => seedKey(config))).size,
      score,
      difference: found && interval ? { ...found, interval } : null,
    };
  });
}

/** By the metric that most of the runs with a result are known by. */
export function groupScore(runs: readonly RunRecord[]): GroupScore | null {
  const votes = new Map<string, { label: string; count: number }>();
  for (const run of runs) {
    const headline = headlineOf(run.result);
    if (headline === null) continue;
    votes.set(headline.id, { label: headline.label, count: (votes.get(headline.id)?.count ?? 0) + 1 });
  }
  const [winner] = [...votes].sort(([, left], [, right]) => right.count - left.count);
  if (winner === undefined) return null;
  const [metric, { label }] = winner;
  return { metric, label, interval: meanInterval(seedValues(runs, metricOf(metric)).map(({ value }) => value)) };
}

/** A metric of a run's result by its id, as a share where it is one. */
export function metricOf(metric: string): RunValue {
  return ({ result }) => result && metricValue({ ...result, loss: result.evalLoss }, metric);
}

/** One value a seed: of the newest run where a seed was run again. */
export function seedValues(
  runs: readonly RunRecord[],
  value: RunValue,
): { readonly seed: string; readonly value: number }[] {
  const newest = new Map<string, { at: number; value: number }>();
  for (const run of runs) {
    const seed = seedKey(run.config);
    const known = newest.get(seed);
    const own = value(run);
    if (own !== null && (known === undefined || run.createdAt > known.at))
      newest.set(seed, { at: run.createdAt, value: own });
  }
  return [...newest].map(([seed, { value: own }]) => ({ seed, value: own }));
}

/** Mean over one value a seed. Null where no run has one. */
export function groupInterval(runs: readonly RunRecord[], value: RunValue): MeanInterval | null {
  const values = seedValues(runs, value).map((one) => one.value);
  return values.length === 0 ? null : meanInterval(values);
}

/** Paired by seed: the group minus the other. Null where they have no seed in common. */
export function groupDifference(group: RunGroup, other: RunGroup, value: RunValue): MeanInterval | null {
  const control = new Map(seedValues(other.runs, value).map((one) => [one.seed, one.value]));
  const pairs = seedValues(group.runs, value).flatMap((one) => {
    const partner = control.get(one.seed);
    return partner === undefined ? [] : [[one.value, partner] as const];
  });
  if (pairs.length === 0) return null;
  return pairedDifference(
    pairs.map(([own]) => own),
    pairs.map(([, partner]) => partner),
  );
}

/**
 * Finds the group that a group with CoTo is compared with: the same settings without CoTo; where there is none, the
 * only one that differs in its learning rate besides, since CoTo needs a higher one.
 */
function baselineFinder(
  groups: readonly RunGroup[],
): (group: RunGroup) => Pick<GroupDifference, 'baseline' | 'otherSettings'> | null {
  const exact = new Map<string, RunGroup>();
  const atAnyRate = new Map<string, RunGroup[]>();
  for (const group of groups) {
    if (group.first.config.coto !== null) continue;
    exact.set(group.key, group);
    const key = settingsKey(group.first, ['learning_rate']);
    atAnyRate.set(key, [...(atAnyRate.get(key) ?? []), group]);
  }
  return ({ first }) => {
    if (first.config.coto === null) return null;
    const same = exact.get(settingsKey(first, ['coto']));
    if (same) return { baseline: same, otherSettings: [] };
    const [only, ...further] = atAnyRate.get(settingsKey(first, ['coto', 'learning_rate'])) ?? [];
    return only && further.length === 0 ? { baseline: only, otherSettings: ['learning_rate'] } : null;
  };
}

/** Returns the key that runs with the same seeds share. */
function seedKey({ seed, data_seed, order_seed }: RunConfig): string {
  return [seed, data_seed, order_seed].join('/');
}

const keys = new WeakMap<RunConfig, Map<string, string>>();

/** Settings, base and dataset as a text, without seeds and the settings in `without`; CoTo counts as off among these. */
function settingsKey({ id, config, modelId, datasetId, origin }: RunRecord, without: readonly string[] = []): string {
  // Imported runs have unknown settings, so each stays a group of its own.
  if (origin !== undefined) return `imported ${id}`;
  // A table of hundreds of runs is folded again with each step of a running one.
  const known = keys.get(config) ?? new Map<string, string>();
  keys.set(config, known);
  const name = [modelId, datasetId, ...without].join('/');
  const found = known.get(name);
  if (found !== undefined) return found;
  const kept = Object.entries(config).filter(
    ([setting]) => !withoutEffect.has(setting) && !without.includes(setting) && setting !== 'seed',
  );
  const key = canonicalText({
    ...Object.fromEntries(kept),
    ...(without.includes('coto') ? { coto: null } : {}),
    ...(hasNoEvaluationsOfEffect(config) ? { eval_steps: 0 } : {}),
    model: modelId,
    dataset: datasetId,
    // Seeds that are fixed are another design than seeds that follow the run's own, whichever they are.
    data_seed: config.data_seed === null,
    order_seed: config.order_seed === null,
  });
  known.set(name, key);
  return key;
}

/** Returns true if evaluations before the last one only monitor training. */
function hasNoEvaluationsOfEffect({ load_best_model_at_end, early_stopping_patience }: RunConfig): boolean {
  return !load_best_model_at_end && early_stopping_patience === 0;
}

/** JSON with the keys of every object in order. */
function canonicalText(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item)
      ? Object.fromEntries(Object.entries(item).sort(([left], [right]) => (left < right ? -1 : 1)))
      : item,
  );
}
