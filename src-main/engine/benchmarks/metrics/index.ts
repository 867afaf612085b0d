import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { functionOf } from '../functions/index.ts';
import type { AnswerScorer } from '../functions/task-function.ts';
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

/** Metrics that are 1 for a right answer and 0 for a wrong one, by the kind of task. */
export const rightOrWrongMetrics: Readonly<Record<TaskFile['output_type'], readonly string[]>> = {
  multiple_choice: ['acc', 'acc_norm', 'acc_bytes'],
  loglikelihood: ['acc'],
  loglikelihood_rolling: [],
  generate_until: ['exact_match'],
};

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

/**
 * The metrics of a task; those of its own function where one scores the answers.
 * @throws StudioError invalid_file for a metric that is not there
 */
export function metricsOf(task: TaskFile, scorer: AnswerScorer | null): MetricUse[] {
  const { file, output_type, metric_list } = task;
  const scored = scorer === null ? null : Object.keys(scorer.metrics);
  const names = scored ?? Object.keys(known[output_type].names);
  const listed = metric_list?.map(({ metric }) => metric) ?? scored ?? known[output_type].usual;
  return listed.map((metric, index) => {
    if (!names.includes(metric))
      throw new StudioError(
        'invalid_file',
        `${file}: the metric ${metric} is not there for ${output_type}: ${names.join(', ')}.`,
      );
    const settings = metric_list?.[index];
    return {
      name: metric,
      aggregation: aggregationOf(task, metric, settings?.aggregation, scorer !== null),
      higherIsBetter: settings?.higher_is_better ?? scorer?.metrics[metric] ?? !lowerIsBetter.has(metric),
      ignoreCase: settings?.ignore_case ?? false,
      ignorePunctuation: settings?.ignore_punctuation ?? false,
      ignoreNumbers: settings?.ignore_numbers ?? false,
      regexesToIgnore: settings?.regexes_to_ignore ?? [],
    };
  });
}

type GivenAggregation = NonNullable<NonNullable<TaskFile['metric_list']>[number]['aggregation']>;

/**
 * The aggregation of a metric: its own, the mean and the perplexity of single values, or a known function.
 * @throws StudioError invalid_file for one that its values are not made for
 */
function aggregationOf(
  { file, task }: TaskFile,
  metric: string,
  given: GivenAggregation | undefined,
  isScored: boolean,
): Aggregation {
  const usual = isScored ? 'mean' : (usualAggregations.get(metric) ?? 'mean');
  if (typeof given === 'object') {
    const used = functionOf(file, task, given);
    if (used.gives === 'aggregation' && usual === 'f1') return used.aggregation;
    throw new StudioError(
      'invalid_file',
      `${file}: the aggregation of ${metric} cannot be !function ${given.function}.`,
    );
  }
  const ofValues: readonly Aggregation[] = ['mean', 'perplexity'];
  if (given === undefined || given === usual || (ofValues.includes(given) && ofValues.includes(usual)))
    return given ?? usual;
  throw new StudioError('invalid_file', `${file}: the aggregation of ${metric} is ${usual}, not ${given}.`);
}
