import type { BenchmarkScore } from '../../../src-shared/domain/evaluation/benchmark.ts';
import { WorkClock } from '../../files/work-clock.ts';
import type { FilterStep } from './filter-step.ts';
import { scorerOf } from './functions/index.ts';
import { pythonSpace, strip } from './functions/python-text.ts';
import type { Scores } from './functions/task-function.ts';
import { aggregate, type Item } from './metrics/aggregations.ts';
import { choiceMetrics, type Likelihood } from './metrics/choice-metrics.ts';
import { generationMetrics, ignoring } from './metrics/generation-metrics.ts';
import { likelihoodMetrics } from './metrics/likelihood-metrics.ts';
import { rollingMetrics } from './metrics/rolling-metrics.ts';
import type { MetricUse, PreparedTask, Question } from './prepared-task.ts';
import { pythonPattern } from './python-pattern.ts';

/** Each text adds time in proportion to its length. */
const maxPatternMilliseconds = 2000;

/** Scores of a task whose model answered by likelihoods. */
export function scoreLikelihoods(task: PreparedTask, answers: readonly (readonly Likelihood[])[]): BenchmarkScore[] {
  const filter = task.filters[0]?.name ?? 'none';
  const scorer = scorerOf(task.file, task.name, task.scorer);
  if (scorer?.gives === 'likelihood-scores')
    return scoredRows(task, filter, ({ row = {} }, index) => scorer.scores(row, answers[index] ?? []));
  return task.metrics.map((use) => {
    const values = task.questions.map((question, index) => {
      const own = answers[index] ?? [];
      const [first = { sum: Number.NaN, isGreedy: false }] = own;
      const text = question.counted ?? String(question.right[0] ?? '');
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
  const scorer = scorerOf(task.file, task.name, task.scorer);
  return task.filters.flatMap((filter) => {
    const filtered = filteredTexts(task, filter, texts, clock);
    if (scorer?.gives === 'text-scores')
      return scoredRows(task, filter.name, ({ row = {} }, index) => scorer.scores(row, filtered[index] ?? ''));
    return task.metrics.map((use) => aggregated(use, filter.name, valuesOf(task, use, filtered, clock)));
  });
}

/** Texts after the task's first filter, each with its value of the task's first metric. */
export function gradedTexts(
  task: PreparedTask,
  texts: readonly string[],
): { readonly text: string; readonly value: number }[] {
  const clock = new WorkClock(maxPatternMilliseconds);
  const [filter] = task.filters;
  const [use] = task.metrics;
  const filtered = filter === undefined ? texts : filteredTexts(task, filter, texts, clock);
  const values = use === undefined ? [] : valuesOf(task, use, filtered, clock);
  return filtered.map((text, index) => ({ text, value: values[index] ?? Number.NaN }));
}

function filteredTexts(
  { file, questions }: PreparedTask,
  { name, filter: steps }: PreparedTask['filters'][number],
  texts: readonly string[],
  clock: WorkClock,
): string[] {
  const filter = textFilter(steps, `${file}: filter_list ${name}`, clock);
  return texts.map((text, index) => filter(text, questions[index]?.options ?? []));
}

/** The metric of the text of each question: of its best right answer. */
function valuesOf({ file, questions }: PreparedTask, use: MetricUse, filtered: readonly string[], clock: WorkClock) {
  const where = `${file}: regexes_to_ignore`;
  const ignore = ignoring(
    use,
    use.regexesToIgnore.map((pattern) => pythonPattern(pattern, where)),
  );
  const metric = generationMetrics[use.name];
  return questions.map(({ right }, index) => {
    const text = filtered[index] ?? '';
    const best = () =>
      right.reduce<number>((most, one) => Math.max(most, metric?.(text, String(one), ignore) ?? Number.NaN), 0);
    if (use.regexesToIgnore.length === 0) return best();
    clock.grant(1 + (text.length + right.join('').length) * 0.002);
    return clock.run(where, best);
  });
}

/** Scores by the task's own function. */
function scoredRows(
  { metrics, questions }: PreparedTask,
  filter: string,
  scoresOf: (question: Question, index: number) => Scores,
): BenchmarkScore[] {
  const scores = questions.map(scoresOf);
  return metrics.map((use) =>
    aggregated(
      use,
      filter,
      scores.map((one) => one[use.name] ?? Number.NaN),
    ),
  );
}

function aggregated({ name, aggregation }: MetricUse, filter: string, items: readonly Item[]): BenchmarkScore {
  return { metric: name, filter, ...aggregate(aggregation, items) };
}

/** @param options choices of the row */
type TextFilter = (text: string, options: readonly string[]) => string;

/** A filter's steps as one function. `where` begins the sentence on a pattern that does not end. */
function textFilter(steps: readonly FilterStep[], where: string, clock: WorkClock): TextFilter {
  const filters = steps.map((step) => filterOf(step, where, clock));
  return (text, options) => filters.reduce((filtered, filter) => filter(filtered, options), text);
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
    case 'multi_choice_regex': {
      const letter = letterFilter(step, where);
      return (text, options) => {
        clock.grant(1 + text.length * 0.002);
        return clock.run(where, () => letter(text, options));
      };
    }
  }
}

/** Finds the letter of a choice in a text: by a pattern, by the choice's words, or after a colon. */
function letterFilter(step: Extract<FilterStep, { function: 'multi_choice_regex' }>, where: string) {
  const pattern = pythonPattern(step.regex_pattern, where);
  const ignored = (step.regexes_to_ignore ?? []).map((one) => pythonPattern(one, where));
  const evened = (text: string): string => {
    let left = ignored.reduce((rest, one) => rest.replaceAll(one, ''), text);
    if (step.ignore_case) left = left.toLowerCase();
    return step.ignore_punctuation ? left.replaceAll(/\p{P}/gu, '') : left;
  };
  return (text: string, options: readonly string[]): string => {
    const words = options.map((option) => evened(strip(option)));
    const letters = new Map(words.map((word, index) => [word, `(${letterAt(index)})`]));
    // A choice that begins another one must not hide it.
    const longest = words.map(pythonEscape).sort((one, other) => [...other].length - [...one].length);
    const byWords = firstFound(new RegExp(longest.join('|'), 'g'), evened(text), step.group_select);
    const afterColon = new RegExp(`:[${pythonSpace}]*(${options.map((_, index) => letterAt(index)).join('|')})`, 'g');
    const alone = firstFound(afterColon, text, step.group_select);
    return (
      firstFound(pattern, text, step.group_select) ||
      (byWords && (letters.get(byWords) ?? byWords)) ||
      (alone && `(${alone})`) ||
      step.fallback
    );
  };
}

function letterAt(index: number): string {
  return String.fromCharCode(65 + index);
}

/** Python's `re.escape`. */
function pythonEscape(text: string): string {
  return text.replaceAll(/[()[\]{}?*+\-|^$\\.&~# \t\n\r\v\f]/g, '\\$&');
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
