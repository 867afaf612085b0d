import { StudioError } from '../../../src-shared/contract/errors.ts';
import { WorkClock } from '../../files/work-clock.ts';
import { readSplits, type Splits } from './documents.ts';
import { FewShotSampler } from './few-shot.ts';
import { patternsOf } from './filter-step.ts';
import { functionOf, scorerOf } from './functions/index.ts';
import { metricsOf } from './metrics/index.ts';
import type { PreparedTask } from './prepared-task.ts';
import { type PromptForm, plainPrompt } from './prompt-form.ts';
import { pythonPattern } from './python-pattern.ts';
import { QuestionWriter } from './question-writer.ts';
import type { TaskDocument } from './task-document.ts';
import { type ConfigFile, type TaskFile, taskOf } from './task-file.ts';
import type { TaskPlace } from './task-place.ts';

const maxTemplateMilliseconds = 60_000;

export interface PrepareOptions {
  /** Documents of each task, from its first; 0: all. */
  readonly limit: number;
  /** In place of each task's own. */
  readonly shots: number | null;
  /** Default: plain text. */
  readonly form?: PromptForm;
}

/**
 * The tasks among the files of a place, in their order.
 * @throws StudioError invalid_file, or invalid_input where there is none
 */
export async function prepareTasks(
  place: TaskPlace,
  files: readonly ConfigFile[],
  options: PrepareOptions,
): Promise<PreparedTask[]> {
  const tasks: PreparedTask[] = [];
  for (const file of files) {
    const task = taskOf(file);
    if (task !== null) tasks.push(await prepareTask(task, place, options));
  }
  if (tasks.length === 0)
    throw new StudioError(
      'invalid_input',
      `${place.path} has no task.`,
      'Name a YAML file with the key task, or a folder with some.',
    );
  const names = tasks.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new StudioError('invalid_input', `${place.path} has the task ${twice} twice.`);
  return tasks;
}

async function prepareTask(
  task: TaskFile,
  place: TaskPlace,
  { limit, shots: asked, form = plainPrompt }: PrepareOptions,
): Promise<PreparedTask> {
  const splits = processedSplits(task, await readSplits(task, place));
  const evaluated = evaluatedSplit(task);
  const all = rowsOf(splits, evaluated, task);
  if (all.length === 0) throw new StudioError('invalid_file', `${task.file}: the split ${evaluated} has no rows.`);
  const documents = limit === 0 ? all : all.slice(0, limit);
  const scorer = scorerOf(task.file, task.task, task.process_results);
  const metrics = metricsOf(task, scorer);
  const filters = task.filter_list ?? [{ name: 'none', filter: [{ function: 'take_first' as const }] }];
  checkPatterns(task.file, metrics, filters);
  const shots = asked ?? task.num_fewshot ?? 0;
  const writer = new QuestionWriter(task, new WorkClock(maxTemplateMilliseconds), form);
  const examples = shots === 0 ? null : fewShots(task, splits);
  const questions = documents.map((document) => writer.write(document, examples?.draw(shots, document) ?? []));
  if (metrics.some(({ aggregation }) => aggregation === 'f1') && questions.some(({ choices }) => choices.length !== 2))
    throw new StudioError('invalid_file', `${task.file}: f1 is for questions of two choices.`, 'Take mcc or acc.');
  const { until = [task.fewshot_delimiter], max_gen_toks, do_sample, temperature } = task.generation_kwargs;
  return {
    name: task.task,
    file: task.file,
    outputType: task.output_type,
    version: task.metadata?.version ?? null,
    shots,
    total: all.length,
    config: task.config,
    metrics,
    ...(scorer !== null && task.process_results ? { scorer: task.process_results } : {}),
    filters,
    generation: { until, max_gen_toks, temperature: do_sample ? temperature || 1 : 0 },
    questions,
  };
}

/** The rows of each split after the task's process_docs. */
function processedSplits({ file, task, process_docs: reference }: TaskFile, splits: Splits): Splits {
  if (!reference) return splits;
  const used = functionOf(file, task, reference);
  if (used.gives !== 'documents')
    throw new StudioError('invalid_file', `${file}: process_docs cannot be !function ${reference.function}.`);
  return new Map([...splits].map(([name, rows]) => [name, used.documents(rows)]));
}

/** Patterns are used after the model has written its texts, which takes long: what is wrong with one is said before. */
function checkPatterns(file: string, metrics: PreparedTask['metrics'], filters: PreparedTask['filters']): void {
  for (const { name, filter } of filters)
    for (const step of filter)
      for (const pattern of patternsOf(step)) pythonPattern(pattern, `${file}: filter_list ${name}`);
  for (const pattern of metrics.flatMap(({ regexesToIgnore }) => regexesToIgnore))
    pythonPattern(pattern, `${file}: regexes_to_ignore`);
}

/** Returns lm-eval's choice of split: test, else validation. */
function evaluatedSplit({ test_split, validation_split, file }: TaskFile): string {
  const split = test_split ?? validation_split;
  if (typeof split === 'string') return split;
  throw new StudioError('invalid_file', `${file} names no test_split and no validation_split.`);
}

function rowsOf(splits: Splits, name: string, { file }: TaskFile): readonly TaskDocument[] {
  const rows = splits.get(name);
  if (rows !== undefined) return rows;
  throw new StudioError(
    'invalid_file',
    `${file}: there is no split ${name}; data_files has ${[...splits.keys()].join(', ')}.`,
  );
}

function fewShots(task: TaskFile, splits: Splits): FewShotSampler {
  const { fewshot_split, training_split, validation_split, test_split, fewshot_config } = task;
  const given = fewshot_split ? undefined : fewshot_config?.samples;
  const name = fewshot_split ?? training_split ?? validation_split ?? test_split ?? '';
  // lm-eval leaves the question out of its own examples where both splits are named alike.
  const isSame = (fewshot_split ?? null) === (test_split ?? null);
  return new FewShotSampler(given ?? rowsOf(splits, name, task), {
    file: task.file,
    sampler: fewshot_config?.sampler ?? 'default',
    leavesOutQuestion: isSame,
  });
}
