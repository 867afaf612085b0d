import type { BenchmarkScore } from '../../../src-shared/domain/evaluation/benchmark.ts';
import { WorkClock } from '../../files/work-clock.ts';
import { textFilter } from './filter-text.ts';
import { aggregate, type Item } from './metrics/aggregations.ts';
import { choiceMetrics, type Likelihood } from './metrics/choice-metrics.ts';
import { generationMetrics, ignoring } from './metrics/generation-metrics.ts';
import { likelihoodMetrics } from './metrics/likelihood-metrics.ts';
import { rollingMetrics } from './metrics/rolling-metrics.ts';
import type { MetricUse, PreparedTask } from './prepared-task.ts';
import { pythonPattern } from './python-pattern.ts';

const maxPatternMilliseconds = 60_000;

/** Scores of a task whose model answered by likelihoods. */
export function scoreLikelihoods(task: PreparedTask, answers: readonly (readonly Likelihood[])[]): BenchmarkScore[] {
  const filter = task.filters[0]?.name ?? 'none';
  return task.metrics.map((use) => {
    const values = task.questions.map((question, index) => {
      const own = answers[index] ?? [];
      const [first = { sum: Number.NaN, isGreedy: false }] = own;
      const text = String(question.right[0] ?? '');
      const item =
        task.outputType === 'multiple_choice'
          ? choiceMetrics[use.name]?.(question, own)
          : (likelihoodMetrics[use.name]?.(first) ?? rollingMetrics[use.name]?.(first, text));
      return item ?? Number.NaN;
    });
    return aggregated(use, filter, values);
  });
}

/** Scores of a task whose model wrote texts, after each of its filters. */
export function scoreTexts(task: PreparedTask, texts: readonly string[]): BenchmarkScore[] {
  const clock = new WorkClock(maxPatternMilliseconds);
  return task.filters.flatMap(({ name, filter: steps }) => {
    const filter = textFilter(steps, `${task.file}: filter_list ${name}`, clock);
    const filtered = texts.map(filter);
    return task.metrics.map((use) => {
      const where = `${task.file}: regexes_to_ignore`;
      const ignore = ignoring(
        use,
        use.regexesToIgnore.map((pattern) => pythonPattern(pattern, where)),
      );
      const metric = generationMetrics[use.name];
      const values = clock.run(where, () =>
        task.questions.map(({ right }, index) =>
          right.reduce<number>(
            (most, one) => Math.max(most, metric?.(filtered[index] ?? '', String(one), ignore) ?? Number.NaN),
            0,
          ),
        ),
      );
      return aggregated(use, name, values);
    });
  });
}

function aggregated({ name, aggregation }: MetricUse, filter: string, items: readonly Item[]): BenchmarkScore {
  return { metric: name, filter, ...aggregate(aggregation, items) };
}
