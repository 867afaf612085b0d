import type { ScoreSpec, Subject } from '../../../../src-shared/domain/studies/plan.ts';
import type { ScaleTuning } from '../../../../src-shared/studies/merging/merge-scales.ts';
import { mergingStudy } from '../../../../src-shared/studies/merging/merging.ts';
import type { MergingConfig } from '../../../../src-shared/studies/merging/merging-schemas.ts';
import { mergeMethod, placeboIds } from '../../merge/methods/index.ts';
import { adapterSubject } from '../config/planned-adapters.ts';
import { defineStudyWork, type ScoreOf } from '../define-study-work.ts';
import { primaryMetric, withMetric } from '../scores/primary-metric.ts';
import { measuredScore } from '../scores/study-score.ts';
import { searchFor } from './merge-search.ts';
import {
  chosenScale,
  heldOutOf,
  refuseUnscaled,
  scaleCurve,
  scaleField,
  triedScales,
  withHeldOut,
} from './scale-tuning.ts';

/** Same-task adapters of several seeds, alone and merged with equal weights by each method. */
export const mergingWork = defineStudyWork(mergingStudy, {
  async fit(config, facts) {
    const judged = await withMetric(mergingStudy, config, facts);
    if (judged.merge_scales === undefined) return judged;
    const { dataset, score, methods, groups } = judged;
    for (const { adapters } of groups)
      for (const method of methods) {
        const parameters = mergeParameters(judged, method);
        const weights = adapters.map(() => 1);
        await refuseUnscaled(facts, { method, parameters, adapters, weights, dataset, score });
      }
    return withHeldOut(judged, await heldOutOf(facts, mergingStudy.references(judged)));
  },
  primaryMetric,
  plan(config) {
    const { methods } = config;
    const isTuned = triedScales(config) !== null;
    const unscaled = isTuned ? methods.filter((method) => !makesAdapter(method)) : methods;
    return config.groups.flatMap((_, group) => [
      ...aloneSpecs(config, group),
      ...mergedSpecs(config, group, unscaled, () => 1),
      ...tuningSpecs(config, group),
    ]);
  },
  next(config, scoreOf, finished) {
    const scaling = finished === 1 ? scaleTuning(config, scoreOf) : null;
    return scaling === null ? [] : specsAtChosen(config, scaling.curves);
  },
  laterScores: (config) => (triedScales(config) === null ? 0 : specsAtChosen(config, []).length),
  fold(config, scoreOf) {
    const { groups, methods, placebos } = config;
    const metric = primaryMetric(config);
    const scaling = scaleTuning(config, scoreOf);
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
      ...(scaling === null ? {} : { scaling }),
    };
  },
});

function aloneSpecs(config: MergingConfig, group: number): ScoreSpec[] {
  const { label, adapters, names } = groupOf(config, group);
  return adapters.map((adapter, index) => ({
    ...scoredBy(config),
    key: `${group}/alone/${index}`,
    title: `Adapter ${index + 1} alone, ${label}`,
    names: [names[index] ?? ''],
    subject: adapterSubject(adapter),
  }));
}

/** The merges by `methods` and their placebos. */
function mergedSpecs(
  config: MergingConfig,
  group: number,
  methods: readonly string[],
  scaleOf: (method: string) => number,
): ScoreSpec[] {
  const { label, names } = groupOf(config, group);
  // The members' outputs are cached for the ensemble only if it directly follows them.
  const outputsFirst = [...methods].sort((one, other) => Number(makesAdapter(one)) - Number(makesAdapter(other)));
  const merged = outputsFirst.map((method) => ({
    ...scoredBy(config),
    key: `${group}/merged/${method}`,
    title: `${mergeMethod(method).declaration.label}, ${label}`,
    names,
    subject: mergeOf(config, group, method, scaleOf(method)),
  }));
  const controls = controlsOf(methods, config.placebos).map(({ method, placebo }) => ({
    ...scoredBy(config),
    key: `${group}/placebo/${method}/${placebo}`,
    title: `${mergeMethod(placebo).declaration.label} of ${mergeMethod(method).declaration.label}, ${label}`,
    names,
    subject: {
      kind: 'merge',
      method: placebo,
      parameters: { seed: config.seed },
      inputs: [{ subject: mergeOf(config, group, method, scaleOf(method)), weight: 1 }],
    } as const,
  }));
  return [...merged, ...controls];
}

/** Scores on held-out examples that choose λ. All values of a merge follow each other, so that it is made once. */
function tuningSpecs(config: MergingConfig, group: number): ScoreSpec[] {
  const tried = triedScales(config);
  if (tried === null) return [];
  const { label, names } = groupOf(config, group);
  return config.methods.filter(makesAdapter).flatMap((method) =>
    tried.scales.map((scale) => ({
      kind: 'score' as const,
      key: tuningKey(group, method, scale),
      title: `${mergeMethod(method).declaration.label}, λ = ${scale}, ${label}`,
      names,
      dataset: config.dataset,
      validation_samples: tried.validation_samples,
      // All that is held out, whatever the number of test examples.
      eval_samples: 0,
      subject: mergeOf(config, group, method, scale),
      forgetting: false,
    })),
  );
}

function specsAtChosen(config: MergingConfig, curves: ScaleTuning['curves']): ScoreSpec[] {
  const methods = config.methods.filter(makesAdapter);
  return config.groups.flatMap((_, group) =>
    mergedSpecs(config, group, methods, (method) => chosenScale(curves, group, config.methods.indexOf(method))),
  );
}

/** Null where merges are compared at their own strength. */
function scaleTuning(config: MergingConfig, scoreOf: ScoreOf): ScaleTuning | null {
  const tried = triedScales(config);
  if (tried === null) return null;
  const methods = config.methods.filter(makesAdapter);
  const [first] = methods;
  return {
    examples: first === undefined ? 0 : scoreOf(tuningKey(0, first, tried.scales[0] ?? 1)).examples,
    curves: config.groups.flatMap((_, group) =>
      methods.map((method) => ({
        group,
        index: config.methods.indexOf(method),
        method,
        label: null,
        ...scaleCurve(tried, primaryMetric(config), (at) => [scoreOf(tuningKey(group, method, at))]),
      })),
    ),
  };
}

function tuningKey(group: number, method: string, scale: number): string {
  return `${group}/scale/${method}/${scale}`;
}

function groupOf({ groups }: MergingConfig, group: number) {
  const { label, adapters } = groups[group] ?? { label: '', adapters: [] };
  return { label, adapters, names: adapters.map((_, index) => `Adapter ${index + 1} of ${label}`) };
}

function scoredBy({ dataset, eval_samples }: MergingConfig) {
  return { kind: 'score', dataset, eval_samples } as const;
}

function mergeOf(config: MergingConfig, group: number, method: string, scale: number): Subject {
  const { adapters } = groupOf(config, group);
  const inputs = adapters.map((adapter) => ({ subject: adapterSubject(adapter), weight: 1 }));
  return { kind: 'merge', method, parameters: mergeParameters(config, method), inputs, ...scaleField(scale) };
}

function mergeParameters({ seed, ...search }: MergingConfig, method: string) {
  return searchFor(method, seed, search);
}

/** Placebos accompany merges that make an adapter. */
function controlsOf(methods: readonly string[], wanted: boolean): { method: string; placebo: string }[] {
  const makers = wanted ? methods.filter(makesAdapter) : [];
  return makers.flatMap((method) => placeboIds.map((placebo) => ({ method, placebo })));
}

function makesAdapter(method: string): boolean {
  return mergeMethod(method).makes === 'adapter';
}
