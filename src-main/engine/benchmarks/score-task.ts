import type { BenchmarkScore } from '../../../src-shared/domain/evaluation/benchmark.ts';
import { WorkClock } from '../../files/work-clock.ts';
import type { FilterStep } from './filter-step.ts';
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

type TextFilter = (text: string) => string;

/** A filter's steps as one function. `where` begins the sentence on a pattern that does not end. */
function textFilter(steps: readonly FilterStep[], where: string, clock: WorkClock): TextFilter {
  const filters = steps.map((step) => filterOf(step, where, clock));
  return (text) => filters.reduce((filtered, filter) => filter(filtered), text);
}

function filterOf(step: FilterStep, where: string, clock: WorkClock): TextFilter {
  switch (step.function) {
    case 'take_first':
      return (text) => text;
    case 'remove_whitespace':
      return (text) => text.trim();
    case 'lowercase':
      return (text) => text.toLowerCase();
    case 'uppercase':
      return (text) => text.toUpperCase();
    case 'regex': {
      const pattern = pythonPattern(step.regex_pattern, where);
      return (text) => {
        clock.grant(1 + text.length * 0.001);
        return clock.run(where, () => firstFound(pattern, text, step.group_select)) ?? step.fallback;
      };
    }
  }
}

/**
 * Returns the match at this index (negative: from the end): its first non-empty group, or the whole match if there are
 * no groups. Null if there is no match.
 */
function firstFound(pattern: RegExp, text: string, index: number): string | null {
  const match = [...text.matchAll(pattern)].at(index);
  if (match === undefined) return null;
  const groups = match.slice(1);
  // Python finds one group even where it is empty.
  const found =
    groups.length === 0 ? match[0] : groups.length === 1 ? (groups[0] ?? '') : groups.find((group) => group);
  return found?.trim() ?? null;
}
