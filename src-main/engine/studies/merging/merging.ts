import type { ScoreSpec } from '../../../../src-shared/domain/studies/plan.ts';
import { mergingStudy } from '../../../../src-shared/studies/merging/merging.ts';
import { mergeMethod, placeboIds } from '../../merge/methods/index.ts';
import { adapterSubject } from '../config/planned-adapters.ts';
import { defineStudyWork } from '../define-study-work.ts';
import { primaryMetric, withMetric } from '../scores/primary-metric.ts';
import { measuredScore } from '../scores/study-score.ts';
import { searchFor } from './merge-search.ts';

/** Same-task adapters of several seeds, alone and merged with equal weights by each method. */
export const mergingWork = defineStudyWork(mergingStudy, {
  fit: (config, facts) => withMetric(mergingStudy, config, facts),
  primaryMetric,
  plan: ({ dataset, eval_samples, groups, methods, placebos, seed, ...search }) =>
    groups.flatMap(({ label, adapters }, group): ScoreSpec[] => {
      const names = adapters.map((_, index) => `Adapter ${index + 1} of ${label}`);
      const common = { kind: 'score', dataset, eval_samples } as const;
      const alone = adapters.map((adapter, index) => ({
        ...common,
        key: `${group}/alone/${index}`,
        title: `Adapter ${index + 1} alone, ${label}`,
        names: [names[index] ?? ''],
        subject: adapterSubject(adapter),
      }));
      const inputs = adapters.map((adapter) => ({ subject: adapterSubject(adapter), weight: 1 }));
      // The members' outputs are cached for the ensemble only if it directly follows them.
      const outputsFirst = [...methods].sort((one, other) => rank(one) - rank(other));
      const merged = outputsFirst.map((method) => ({
        ...common,
        key: `${group}/merged/${method}`,
        title: `${mergeMethod(method).declaration.label}, ${label}`,
        names,
        subject: { kind: 'merge', method, parameters: searchFor(method, seed, search), inputs } as const,
      }));
      const controls = controlsOf(methods, placebos).map(({ method, placebo }) => ({
        ...common,
        key: `${group}/placebo/${method}/${placebo}`,
        title: `${mergeMethod(placebo).declaration.label} of ${mergeMethod(method).declaration.label}, ${label}`,
        names,
        subject: {
          kind: 'merge',
          method: placebo,
          parameters: { seed },
          inputs: [
            { subject: { kind: 'merge', method, parameters: searchFor(method, seed, search), inputs }, weight: 1 },
          ],
        } as const,
      }));
      return [...alone, ...merged, ...controls];
    }),
  fold({ groups, methods, placebos, ...config }, scoreOf) {
    const metric = primaryMetric(config);
    return {
      kind: 'merging',
      examples: scoreOf('0/alone/0').examples,
      metric,
      groups: groups.map(({ label, coto, adapters }, group) => ({
        label,
        coto,
        alone: adapters.map((_, index) => measuredScore(scoreOf(`${group}/alone/${index}`), metric)),
        merged: methods.map((method) => {
          const score = scoreOf(`${group}/merged/${method}`);
          return { method, ...measuredScore(score, metric), ...(score.tuned ? { tuning: score.tuned.score } : {}) };
        }),
        placebos: controlsOf(methods, placebos).map(({ method, placebo }) => ({
          method,
          placebo,
          ...measuredScore(scoreOf(`${group}/placebo/${method}/${placebo}`), metric),
        })),
      })),
    };
  },
});

/** Placebos accompany merges that make an adapter. */
function controlsOf(methods: readonly string[], wanted: boolean): { method: string; placebo: string }[] {
  const makers = wanted ? methods.filter((method) => mergeMethod(method).makes === 'adapter') : [];
  return makers.flatMap((method) => placeboIds.map((placebo) => ({ method, placebo })));
}

function rank(method: string): number {
  return mergeMethod(method).makes === 'outputs' ? 0 : 1;
}
