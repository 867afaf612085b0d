import {
  mergeRule,
  mergeVerdicts,
  type PairMeasures,
  type PairsOfAdapters,
} from '../../../../src-shared/domain/merging/mergeability.ts';
import type { ParameterValues } from '../../../../src-shared/domain/parameters/parameter.ts';
import { formatFixed } from '../../../../src-shared/format/numbers.ts';
import {
  gridOrders,
  holm,
  type PairedItems,
  pairAssociation,
  randomOrders,
} from '../../../../src-shared/statistics/matrix-permutation.ts';
import { rho, tauB } from '../../../../src-shared/statistics/rank-correlation.ts';
import { mean } from '../../../../src-shared/statistics/student.ts';
import { studentInterval } from '../../../../src-shared/studies/scores/interval.ts';
import {
  type MergeabilityConfig,
  type MergeabilityResult,
  type PredictorId,
  pairScopes,
  predictors,
} from '../../../../src-shared/studies/task-sets/mergeability-schemas.ts';
import { mergeMethod } from '../../merge/methods/index.ts';
import type { PairsOf, ScoreOf } from '../define-study-work.ts';
import { metricOf } from '../scores/study-score.ts';
import { adaptersOfGroup, mapKey, mergedPairs, ownKey, pairKey, setKey } from './mergeability-pairs.ts';
import { taskTunings } from './task-set-sweeps.ts';
import type { PlannedSets, SetGroup } from './task-sets.ts';

const permutations = 999;

type Group = MergeabilityResult['groups'][number];
type Scope = (typeof pairScopes)[number];

interface Found {
  readonly methods: readonly {
    readonly id: string;
    readonly parameters: ParameterValues;
    readonly label: string | null;
  }[];
  readonly scoreOf: ScoreOf;
  readonly pairsOf: PairsOf;
}

export function foldMergeability(
  config: MergeabilityConfig,
  { tasks, groups }: PlannedSets,
  found: Found,
): MergeabilityResult {
  const { methods, scoreOf } = found;
  const folded = groups.map((group, place) => foldGroup(config, group, place, found));
  const maps = groups.map((_, place) => found.pairsOf(mapKey(place)));
  const associations = methods.flatMap((_, method) =>
    pairScopes.flatMap((scope) =>
      [...groups.map((__, group) => group), ...(groups.length > 1 ? [null] : [])].flatMap((group) =>
        associationsOf(config, folded, maps, { method, scope, group, tasks: tasks.length }),
      ),
    ),
  );
  const sets = groups[0]?.sets.length ?? 1;
  const examples = tasks.map((_, task) => scoreOf(ownKey(0, task * sets)).examples);
  return {
    kind: 'mergeability',
    metric: config.metric,
    examples: examples.reduce((sum, count) => sum + count, 0),
    tasks: tasks.map(({ name }, task) => ({ name, examples: examples[task] ?? 0 })),
    methods: methods.map(({ id, label }) => ({ method: id, label })),
    groups: folded,
    associations,
    byVerdict: methods.flatMap((_, method) =>
      mergeVerdicts.flatMap((verdict) => {
        const lost = folded
          .flatMap(({ pairs }) => pairs)
          .flatMap((pair) => (pair.verdict === verdict ? (pair.merges[method]?.lost ?? []) : []));
        return lost.length === 0 ? [] : [{ method, verdict, lost: studentInterval(lost) }];
      }),
    ),
    answers: methods.map(({ id }, method) => answerOf(mergeMethod(id).declaration.label, method, folded, associations)),
    rule: mergeRule,
    tuning: taskTunings(config, scoreOf),
  };
}

function foldGroup(
  { metric, pairs: wanted }: MergeabilityConfig,
  group: SetGroup,
  place: number,
  { methods, scoreOf, pairsOf }: Found,
): Group {
  const adapters = adaptersOfGroup(group).map(({ task, seed, set }, at) => ({
    task,
    seed,
    set,
    own: metricOf(scoreOf(ownKey(place, at)), metric),
  }));
  const own = (at: number) => adapters[at]?.own ?? Number.NaN;
  const merge = (heads: readonly number[], keyOf: (head: number) => string) => {
    const values = heads.map((head) => metricOf(scoreOf(keyOf(head)), metric));
    // A share of nothing is not lost.
    const shares = heads.flatMap((head, at) => (own(head) > 0 ? 1 - (values[at] ?? 0) / own(head) : []));
    return { values, lost: shares.length === 0 ? 0 : mean(shares) };
  };
  const map = pairsOf(mapKey(place));
  const pairs = mergedPairs(group, wanted).flatMap(([first, second]) => {
    const measured = map.find((pair) => pair.first === first && pair.second === second);
    if (measured === undefined) return [];
    const { reason: _, ...measures } = measured;
    const merges = methods.map((__, method) =>
      merge([first, second], (head) => pairKey(place, first, second, method, head)),
    );
    return [{ ...measures, merges }];
  });
  const tasks = group.sets[0]?.adapters.length ?? 0;
  const sets = group.sets.map(({ seed }, set) => {
    const members = adapters.flatMap((adapter, at) => (adapter.set === set ? [at] : []));
    const inSet = map.filter((pair) => members.includes(pair.first) && members.includes(pair.second));
    const worst = Math.max(0, ...inSet.map(({ verdict }) => mergeVerdicts.indexOf(verdict)));
    const merges = methods.map((_, method) =>
      merge(members, (head) =>
        tasks === 2 ? pairKey(place, members[0] ?? 0, members[1] ?? 0, method, head) : setKey(place, set, method, head),
      ),
    );
    return { seed, verdict: mergeVerdicts[worst] ?? 'merge', merges };
  });
  return {
    label: group.label,
    coto: group.coto,
    adapters: adapters.map(({ set: _, ...adapter }) => adapter),
    pairs,
    sets,
  };
}

interface AssociationOf {
  readonly method: number;
  readonly scope: Scope;
  /** Null: all. */
  readonly group: number | null;
  readonly tasks: number;
}

function associationsOf(
  { seed }: MergeabilityConfig,
  groups: readonly Group[],
  maps: readonly PairsOfAdapters[],
  { method, scope, group, tasks }: AssociationOf,
): MergeabilityResult['associations'] {
  const chosen = groups.flatMap((one, place) => (group === null || group === place ? [{ one, place }] : []));
  const all = predictors.map(({ id }) => {
    const items = chosen.map(({ one, place }): PairedItems => {
      const count = one.adapters.length;
      const orders = seed + place;
      return {
        items: count,
        measure: matrixOf(maps[place] ?? [], count, id),
        pairs: pairsIn(one, scope).map(({ first, second, merges }) => ({
          first,
          second,
          outcome: merges[method]?.lost ?? Number.NaN,
        })),
        permutations: () =>
          scope === 'all'
            ? randomOrders(count, permutations, orders)
            : gridOrders(tasks, count / tasks, permutations, orders),
      };
    });
    return { id, rank: pairAssociation(items, rho), order: pairAssociation(items, tauB) };
  });
  const adjusted = holm(all.map(({ order }) => order.p));
  return all.map(({ id, rank, order }, at) => ({
    method,
    scope,
    group,
    predictor: id,
    n: rank.n,
    rho: rank.value,
    rhoP: rank.p,
    tau: order.value,
    tauP: order.p,
    adjusted: adjusted[at] ?? null,
  }));
}

function pairsIn({ pairs, adapters }: Group, scope: Scope): Group['pairs'] {
  if (scope === 'all') return pairs;
  return pairs.filter(
    ({ first, second }) => (adapters[first]?.task === adapters[second]?.task) === (scope === 'same task'),
  );
}

function matrixOf(map: PairsOfAdapters, items: number, predictor: PredictorId): Float64Array {
  const matrix = new Float64Array(items * items).fill(Number.NaN);
  for (const pair of map) {
    const value = predictor === 'verdict' ? mergeVerdicts.indexOf(pair.verdict) : predictorOf(pair, predictor);
    matrix[pair.first * items + pair.second] = value;
    matrix[pair.second * items + pair.first] = value;
  }
  return matrix;
}

function predictorOf(measures: PairMeasures, predictor: Exclude<PredictorId, 'verdict'>): number {
  switch (predictor) {
    case 'excess':
      return measures.overlap - measures.expected;
    default:
      return measures[predictor];
  }
}

/** "The verdict does not predict …": Kendall's τ of the verdict over all pairs, against 5 %. */
function answerOf(
  label: string,
  method: number,
  groups: readonly Group[],
  associations: MergeabilityResult['associations'],
): string {
  const verdicts = new Set(groups.flatMap(({ pairs }) => pairs.map(({ verdict }) => verdict)));
  const pairs = groups.reduce((sum, group) => sum + group.pairs.length, 0);
  const whole = groups.length > 1 ? null : 0;
  const of = (scope: Scope) =>
    associations.find(
      (one) => one.method === method && one.scope === scope && one.group === whole && one.predictor === 'verdict',
    );
  const [only] = verdicts;
  if (verdicts.size === 1)
    return `${label}: the verdict is "${only}" for all ${pairs} pairs, so that it predicts nothing of what their merges lose.`;
  const { tau = null, tauP = null } = of('all') ?? {};
  if (tau === null || tauP === null)
    return `${label}: what the merges lose does not differ, so that nothing can be predicted.`;
  const numbers = `Kendall's τ = ${formatFixed(tau, 2)}, p = ${tauP.toFixed(3)}, ${pairs} pairs`;
  if (tauP >= 0.05) return `${label}: the verdict does not predict what the merge loses (${numbers}).`;
  if (tau < 0) return `${label}: a worse verdict goes with a smaller loss, the opposite of what it says (${numbers}).`;
  const within = (['same task', 'different tasks'] as const).map((scope) => {
    const p = of(scope)?.tauP ?? null;
    return p === null ? `${scope}: not decided` : `${scope}: p = ${p.toFixed(3)}`;
  });
  return `${label}: a worse verdict goes with a larger loss (${numbers}); among pairs alike ${within.join(', ')}.`;
}
