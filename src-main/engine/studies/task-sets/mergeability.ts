import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { checkedParameters } from '../../../../src-shared/domain/parameters/parameter-check.ts';
import type { MergeabilitySpec, ScoreSpec, Subject } from '../../../../src-shared/domain/studies/plan.ts';
import { plural } from '../../../../src-shared/format/numbers.ts';
import { mergeabilityStudy } from '../../../../src-shared/studies/task-sets/mergeability.ts';
import type { MergeabilityConfig } from '../../../../src-shared/studies/task-sets/mergeability-schemas.ts';
import { mergeMethod } from '../../merge/methods/index.ts';
import { looksAtData } from '../../merge/search/search-parameters.ts';
import { defineStudyWork } from '../define-study-work.ts';
import { foldMergeability } from './mergeability-fold.ts';
import { adaptersOfGroup, mapKey, mergedPairs, ownKey, pairKey, setKey } from './mergeability-pairs.ts';
import { taskSetWork } from './task-set-sweeps.ts';
import { type PlannedSets, plannedSets, refusalOfSets, type SetGroup, scoredOn } from './task-sets.ts';

/** Pairs of adapters of one task and of different tasks: what is measured before they are merged, and what the merge loses. */
export const mergeabilityWork = defineStudyWork(mergeabilityStudy, {
  primaryMetric: ({ metric }) => metric,
  async fit(config, facts) {
    for (const { id, parameters } of methodsOf(config)) {
      const refusal = await refusalOfSets(config, { id, parameters }, facts);
      if (refusal === null) continue;
      const { label } = mergeMethod(id).declaration;
      throw new StudioError('refused', `methods: ${label}: ${refusal.message}`, refusal.hint).at('methods');
    }
    return config;
  },
  ...taskSetWork((config: MergeabilityConfig, { groups, tasks }) => {
    const pairs = groups.reduce((count, group) => count + mergedPairs(group, config.pairs).length, 0);
    if (pairs < 4)
      throw new StudioError(
        'refused',
        `These adapters make ${plural(pairs, 'pair')}, of which no correlation can be told.`,
        'Choose adapters of more tasks or seeds: two of each make four pairs.',
      );
    return groups.flatMap((group, place) => specsOfGroup(config, tasks, group, place));
  }),
  fold: (config, scoreOf, _tableOf, pairsOf) =>
    foldMergeability(config, plannedSets(config), { methods: methodsOf(config), scoreOf, pairsOf }),
});

/** @throws StudioError for a method that is not known, merges outputs or looks at data */
function methodsOf({ methods }: MergeabilityConfig) {
  return methods.map((given) => {
    const { method: id, parameters } = typeof given === 'string' ? { method: given, parameters: {} } : given;
    const method = mergeMethod(id);
    const checked = checkedParameters(method.declaration, parameters);
    if (method.makes !== 'adapter' || looksAtData(method, checked) || method.needs.adapters?.maximum === 1)
      throw new StudioError(
        'refused',
        `methods: ${method.declaration.label} does not merge the weights of two adapters as they are.`,
        'Choose methods that make an adapter and look at no data.',
      ).at('methods');
    const written = Object.entries(parameters).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
    return { id, parameters: checked, label: written.length === 0 ? null : written.join(', ') };
  });
}

function specsOfGroup(
  config: MergeabilityConfig,
  tasks: PlannedSets['tasks'],
  group: SetGroup,
  place: number,
): (ScoreSpec | MergeabilitySpec)[] {
  const adapters = adaptersOfGroup(group);
  const map: MergeabilitySpec = {
    kind: 'mergeability',
    key: mapKey(place),
    title: `Comparing the adapters of ${group.label}`,
    names: adapters.map(({ name }) => name),
    subjects: adapters.map(({ subject }) => subject),
    seed: config.seed,
  };
  const spec = (key: string, at: number, title: string, subject: Subject, names: readonly string[]): ScoreSpec => ({
    kind: 'score',
    key,
    title: `${title}, ${group.label}`,
    names: [...names],
    ...scoredOn(tasks[adapters[at]?.task ?? 0]),
    eval_samples: config.eval_samples,
    subject,
    forgetting: false,
  });
  const own = adapters.map(({ subject, name }, at) => spec(ownKey(place, at), at, 'An adapter alone', subject, [name]));
  const merged = (key: string, what: string, members: readonly number[], method: number, head: number): ScoreSpec => {
    const { id, parameters } = methodsOf(config)[method] ?? { id: '', parameters: {} };
    const inputs = members.flatMap((at) => (adapters[at] ? [{ subject: adapters[at].subject, weight: 1 }] : []));
    const merge: Subject = { kind: 'merge', method: id, parameters, inputs };
    const names = [head, ...members].map((at) => adapters[at]?.name ?? '');
    const title = `${mergeMethod(id).declaration.label} of ${what}`;
    return spec(
      key,
      head,
      title,
      { kind: 'withHead', subject: merge, head: adapters[head]?.subject ?? { kind: 'base' } },
      names,
    );
  };
  const methods = config.methods.map((_, method) => method);
  const pairs = mergedPairs(group, config.pairs).flatMap(([first, second]) =>
    methods.flatMap((method) =>
      [first, second].map((head) =>
        merged(pairKey(place, first, second, method, head), 'a pair', [first, second], method, head),
      ),
    ),
  );
  // Two tasks form a pair rather than a set.
  const sets =
    tasks.length === 2
      ? []
      : group.sets.flatMap((_, set) => {
          const members = adapters.flatMap((adapter, at) => (adapter.set === set ? [at] : []));
          return methods.flatMap((method) =>
            members.map((head) => merged(setKey(place, set, method, head), 'a set', members, method, head)),
          );
        });
  return [map, ...own, ...pairs, ...sets];
}
