import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { MetricUse } from '../prepared-task.ts';
import type { TaskFile } from '../task-file.ts';
import { choiceMetrics } from './choice-metrics.ts';
import { generationMetrics } from './generation-metrics.ts';
import { likelihoodMetrics } from './likelihood-metrics.ts';

/** Of each kind of task, with lm-eval's names; the first ones are those of a task that names none. */
const known = {
  multiple_choice: { names: choiceMetrics, usual: ['acc', 'acc_norm'] },
  loglikelihood: { names: likelihoodMetrics, usual: ['perplexity', 'acc'] },
  generate_until: { names: generationMetrics, usual: ['exact_match'] },
} as const;

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
      aggregation: settings?.aggregation ?? (one.metric === 'perplexity' ? 'perplexity' : 'mean'),
      higherIsBetter: settings?.higher_is_better ?? one.metric !== 'perplexity',
      ignoreCase: settings?.ignore_case ?? false,
      ignorePunctuation: settings?.ignore_punctuation ?? false,
      ignoreNumbers: settings?.ignore_numbers ?? false,
      regexesToIgnore: settings?.regexes_to_ignore ?? [],
    };
  });
}
