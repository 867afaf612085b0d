import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { rightOrWrongMetrics } from './metrics/index.ts';
import { type PreparedTask, preparedTaskSchema } from './prepared-task.ts';
import { gradedTexts } from './score-task.ts';

/** A task with the one metric and filter that decide whether an answer is right. */
export const scoredQuestionsSchema = z.object({
  task: preparedTaskSchema,
  /** Stands between a question and its reference answer. */
  delimiter: z.string(),
});
export type ScoredQuestions = z.infer<typeof scoredQuestionsSchema>;

/**
 * The questions of a task for a study, which needs one answer to each that is right or wrong.
 * @param tasks of the file that the study names
 * @param chosen null: the first metric of that kind, and the first filter
 * @throws StudioError invalid_input or refused if answers cannot be extracted, naming the file
 */
export function scoredQuestions(
  tasks: readonly PreparedTask[],
  chosen: { readonly metric: string | null; readonly filter: string | null; readonly isChat: boolean },
): ScoredQuestions {
  const [prepared, other] = tasks;
  if (prepared === undefined) throw new RangeError('There is no task.');
  if (other !== undefined)
    throw new StudioError(
      'invalid_input',
      `A study scores one task, and ${tasks.map(({ name }) => name).join(', ')} were found.`,
      `Name the YAML file of one of them, such as ${prepared.file}.`,
    ).at('score.task');
  const { file, outputType } = prepared;
  if (prepared.scorer !== undefined)
    throw new StudioError(
      'refused',
      `${file}: the function ${prepared.scorer.function} scores the task's answers, which a study cannot use.`,
      'Score the study on a task without process_results.',
    ).at('score.task');
  const metrics = prepared.metrics.filter(({ name }) => rightOrWrongMetrics[outputType].includes(name));
  const metric = chosen.metric === null ? metrics[0] : metrics.find(({ name }) => name === chosen.metric);
  if (metric === undefined) {
    const names = metrics.map(({ name }) => name);
    throw new StudioError(
      'refused',
      names.length === 0
        ? `${file}: no answer is right or wrong by the metrics ${prepared.metrics.map(({ name }) => name).join(', ')}.`
        : `${file}: the task has no metric "${chosen.metric}" by which an answer is right or wrong.`,
      names.length === 0
        ? 'Score the study on a task of multiple choice, or on texts by exact_match.'
        : `Choose one of ${names.join(', ')}.`,
    ).at('score.metric');
  }
  const filter = prepared.filters.find(({ name }) => name === (chosen.filter ?? prepared.filters[0]?.name));
  if (filter === undefined)
    throw new StudioError(
      'invalid_input',
      `${file}: the task has no filter "${chosen.filter}".`,
      `Choose one of ${prepared.filters.map(({ name }) => name).join(', ')}.`,
    ).at('score.filter');
  const { target_delimiter: delimiter = ' ' } = z
    .looseObject({ target_delimiter: z.string().optional() })
    .parse(prepared.config);
  const task = { ...prepared, config: {}, metrics: [metric], filters: [filter] };
  const unanswered = task.questions.findIndex((question) => !hasAnswer(task, question));
  if (unanswered >= 0)
    throw new StudioError(
      'refused',
      `${file}: question ${unanswered + 1} has no right answer to compare with.`,
      'Correct doc_to_target or the row.',
    ).at('score.task');
  if (outputType === 'generate_until') requireExtraction(task);
  return { task, delimiter: chosen.isChat ? '' : delimiter };
}

/** Chooses the right answer of a question of multiple choice, or has a text that is right. */
function hasAnswer(
  { outputType }: PreparedTask,
  { right, choices, continuations }: PreparedTask['questions'][number],
): boolean {
  if (outputType === 'multiple_choice')
    return right.length === 1 && right.every((one) => typeof one === 'number' && choices[one] !== undefined);
  if (outputType === 'loglikelihood') return continuations.some((text) => text !== '');
  return right.some((one) => String(one).trim() !== '');
}

/** Share of questions whose reference answer may be one that the filter does not find. */
const maxUnextracted = 0.05;

/**
 * Requires that the filter finds answers. A reference answer that a model writes word for word must be right; where the
 * filter finds nothing in it, the reference is the bare result, and must be right in the words of the pattern, or the
 * prompt must show how results are written. @throws StudioError refused
 */
function requireExtraction(task: PreparedTask): void {
  const { file, questions, filters, metrics } = task;
  const [{ name = '', filter = [] } = {}] = filters;
  const patterns = filter.flatMap((step) => (step.function === 'regex' ? [step] : []));
  const isFound = (text: string) => patterns.every(({ fallback }) => text !== fallback);
  const references = questions.map(({ right }) => String(right[0] ?? ''));
  const grade = (texts: readonly string[]) => gradedTexts(task, texts);
  const alone = grade(references);
  const worded = grade(references.map((reference) => inWordsOf(patterns[0]?.regex_pattern ?? '', reference)));
  const prompts = patterns.length === 0 ? [] : grade(questions.map(({ context }) => context));
  const missed = questions.flatMap((_, at) => {
    const { text = '', value } = alone[at] ?? {};
    const isAnswer = value === 1 || (!isFound(text) && (worded[at]?.value === 1 || isFound(prompts[at]?.text ?? '')));
    return isAnswer ? [] : [at];
  });
  const [first = 0] = missed;
  if (missed.length <= maxUnextracted * questions.length) return;
  const count = missed.length === 1 ? '' : ` and ${missed.length - 1} more`;
  throw new StudioError(
    'refused',
    `${file}: the filter "${name}" extracts no right answer from the reference of question ${first + 1}${count}, by ${metrics[0]?.name}.`,
    'Correct filter_list, regexes_to_ignore or doc_to_target, or choose another filter of the task.',
  ).at('score.filter');
}

/** Fixed text of a pattern before and after its only group; no quantifier stands in it. */
const aroundGroup = /^((?:[^\\()[\]{}*+?|^$]|\\\W)*)\((?:[^()]|\\[()])*\)((?:[^\\()[\]{}*+?|^$]|\\\W)*)$/;

/** A result in the words of a pattern: "#### 18" by `#### (\-?[0-9]+)`; the result alone if the pattern has other parts. */
function inWordsOf(pattern: string, result: string): string {
  const plain = pattern.replace(/^\(\?[a-z]+\)/, '').replaceAll(/\\s[*+]?/g, ' ');
  const [, before = '', after = ''] = aroundGroup.exec(plain) ?? [];
  const unescaped = (part: string) => part.replaceAll(/\\(.)/g, '$1');
  return unescaped(before) + result + unescaped(after);
}
