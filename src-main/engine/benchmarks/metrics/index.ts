import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { MetricUse } from '../prepared-task.ts';
import type { TaskFile } from '../task-file.ts';
import type { Aggregation } from './aggregations.ts';
import { choiceMetrics } from './choice-metrics.ts';
import { generationMetrics } from './generation-metrics.ts';
import { likelihoodMetrics } from './likelihood-metrics.ts';
import { rollingMetrics } from './rolling-metrics.ts';

/** Metrics of each kind of task, with lm-eval's names; `usual` applies to tasks that name none. */
const known = {
  multiple_choice: { names: choiceMetrics, usual: ['acc', 'acc_norm'] },
  loglikelihood: { names: likelihoodMetrics, usual: ['perplexity', 'acc'] },
  loglikelihood_rolling: {
    names: rollingMetrics,
    usual: ['word_perplexity', 'byte_perplexity', 'bits_per_byte'],
  },
  generate_until: { names: generationMetrics, usual: ['exact_match'] },
} as const;

/** Aggregation of a metric's values if a task names none; the mean for all others. */
const usualAggregations: ReadonlyMap<string, Aggregation> = new Map([
  ['perplexity', 'perplexity'],
  ['word_perplexity', 'weighted_perplexity'],
  ['byte_perplexity', 'weighted_perplexity'],
  ['bits_per_byte', 'bits_per_byte'],
  ['f1', 'f1'],
  ['mcc', 'matthews_corrcoef'],
]);
const lowerIsBetter: ReadonlySet<string> = new Set([
  'perplexity',
  'word_perplexity',
  'byte_perplexity',
  'bits_per_byte',
]);

/** @throws StudioError invalid_file for a metric that is not there */
export function metricsOf({ file, output_type, metric_list }: TaskFile): MetricUse[] {
  const { names, usual } = known[output_type];
  const given = metric_list ?? usual.map((metric) => ({ metric }));
  return given.map((one) => {
    if (!Object.hasOwn(names, one.metric))
      throw new StudioError(
        'invalid_file',
        `${file}: the metric ${one.metric} is not there for ${output_type}: ${Object.keys(names).join(', ')}.`,
      );
    const settings = 'ignore_case' in one ? one : null;
    return {
      name: one.metric,
      aggregation: aggregationOf(file, one.metric, settings?.aggregation),
      higherIsBetter: settings?.higher_is_better ?? !lowerIsBetter.has(one.metric),
      ignoreCase: settings?.ignore_case ?? false,
      ignorePunctuation: settings?.ignore_punctuation ?? false,
      ignoreNumbers: settings?.ignore_numbers ?? false,
      regexesToIgnore: settings?.regexes_to_ignore ?? [],
    };
  });
}

/**
 * The aggregation of a metric: its own, or the mean and the perplexity of single values.
 * @throws StudioError invalid_file for one that its values are not made for
 */
function aggregationOf(file: string, metric: string, given: Aggregation | undefined): Aggregation {
  const usual = usualAggregations.get(metric) ?? 'mean';
  const ofValues: readonly Aggregation[] = ['mean', 'perplexity'];
  if (given === undefined || given === usual || (ofValues.includes(given) && ofValues.includes(usual)))
    return given ?? usual;
  throw new StudioError('invalid_file', `${file}: the aggregation of ${metric} is ${usual}, not ${given}.`);
}
