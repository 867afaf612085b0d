import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { MaskChoice } from '../../../../src-shared/domain/evaluation/mask-table.ts';
import type { MasksSpec } from '../../../../src-shared/domain/studies/plan.ts';
import { accuracy } from '../../../../src-shared/metrics/accuracy.ts';
import { contributionStudy } from '../../../../src-shared/studies/adapters/contribution.ts';
import type { ContributionConfig } from '../../../../src-shared/studies/adapters/contribution-schemas.ts';
import { seriesName } from '../../../../src-shared/studies/config/composing.ts';
import { adapterSubject } from '../config/planned-adapters.ts';
import { defineStudyWork } from '../define-study-work.ts';
import { contributionsOf } from './contributions-of-table.ts';

/** A table of masks for each adapter, from which all its values are made. */
export const contributionWork = defineStudyWork(contributionStudy, {
  async fit(config, facts) {
    const { metric, score, dataset } = config;
    if (metric !== accuracy.id || score !== undefined || (await facts.hasAccuracy(dataset))) return config;
    throw new StudioError(
      'refused',
      'The dataset has numbers to predict, for which there is no accuracy to contribute to.',
      'Choose the metric "loss".',
    ).at('metric');
  },
  plan: (config) =>
    config.adapters.map(
      ({ label, seed, adapter }, at): MasksSpec => ({
        kind: 'masks',
        key: String(at),
        title: seriesName({ label, seed }),
        names: [label],
        dataset: config.dataset,
        eval_samples: config.eval_samples,
        subject: adapterSubject(adapter),
        unit: config.unit,
        masks: choiceOf(config),
      }),
    ),
  fold(config, _scoreOf, tableOf) {
    const { unit, metric } = config;
    const tables = config.adapters.map((_, at) => tableOf(String(at)));
    return {
      kind: 'contribution',
      unit,
      metric,
      examples: tables[0]?.examples ?? 0,
      blocks: tables[0]?.blocks ?? 0,
      adapters: config.adapters.map(({ label, coto, seed }, at) => ({
        label,
        coto,
        seed,
        ...contributionsOf(tableOf(String(at)), metric, choiceOf(config)),
      })),
    };
  },
});

function choiceOf({ values, budget, antithetic, seed }: ContributionConfig): MaskChoice {
  return values === 'exact' ? { kind: 'all' } : { kind: values, budget, antithetic, seed };
}
