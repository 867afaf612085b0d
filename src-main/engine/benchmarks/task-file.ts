import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Document, isMap, parseDocument, type Scalar, visit } from 'yaml';
import { z } from 'zod';
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import { fileLimits, readBounded } from '../../files/foreign-file.ts';
import { filterStepSchema } from './filter-step.ts';
import { functionReferenceSchema } from './function-reference.ts';
import { findFunctions } from './functions/index.ts';
import { aggregationIds } from './metrics/aggregations.ts';
import type { TaskPlace } from './task-place.ts';

const maxListedFiles = 10_000;

/** LightEval and Inspect describe tasks in Python, which stays out. */
function pythonTask(file: string): StudioError {
  return new StudioError(
    'invalid_input',
    `${file} is a program in Python, as tasks of LightEval and Inspect are: it is not run.`,
    "Write the task in lm-eval's YAML, with its data as JSON lines.",
  );
}

/** The YAML file, or those of a folder and below it, by their names. @throws StudioError not_found, or invalid_input for too many */
async function taskFiles(place: string): Promise<string[]> {
  try {
    if (!(await stat(place)).isDirectory()) {
      if (/\.py$/i.test(place)) throw pythonTask(place);
      return [place];
    }
    const names = await readdir(place, { recursive: true });
    if (names.length > maxListedFiles)
      throw new StudioError(
        'invalid_input',
        `${place} has more than ${maxListedFiles} files.`,
        'Name the folder of the tasks.',
      );
    const found = names.filter((name) => /\.ya?ml$/i.test(name)).sort();
    const python = names.filter((name) => /\.py$/i.test(name)).sort()[0];
    if (found.length === 0 && python !== undefined) throw pythonTask(path.join(place, python));
    return found.map((name) => path.join(place, name));
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT')
      throw new StudioError(
        'not_found',
        `${place} does not exist.`,
        'Name the YAML file of a task, or a folder with some.',
      );
    throw thrown;
  }
}

/** A task is made of. */
const maxFiles = 50;
const template = z.union([z.string(), z.number().int(), functionReferenceSchema]);
export const strings = z.union([z.string(), z.array(z.string())]);
/** Metadata of a task or a group. */
export const metadataSchema = z.looseObject({ version: z.coerce.number().optional().catch(undefined) }).nullish();

const metricSchema = z.looseObject({
  metric: z.string(),
  aggregation: z.union([z.enum(aggregationIds).exclude(['mean_f1_of_three']), functionReferenceSchema]).optional(),
  higher_is_better: z.boolean().optional(),
  ignore_case: z.boolean().default(false),
  ignore_punctuation: z.boolean().default(false),
  ignore_numbers: z.boolean().default(false),
  regexes_to_ignore: z.array(z.string()).default([]),
});

const generationSchema = z.looseObject({
  until: strings.transform((until) => [until].flat().filter((text) => text !== '')).optional(),
  max_gen_toks: z.number().int().min(1).max(100_000).default(256),
  do_sample: z.boolean().default(false),
  temperature: z.coerce.number().min(0).default(0),
});

const target = z.union([template, z.array(z.string())]);
const choices = z.union([z.string(), z.array(z.string()), functionReferenceSchema, z.record(z.string(), z.string())]);

/** Fields of the examples are the questions' own unless given here. */
const fewshotSchema = z.strictObject({
  sampler: z.enum(['default', 'first_n']).default('default'),
  samples: z.array(z.record(z.string(), z.unknown())).optional(),
  doc_to_text: template.optional(),
  doc_to_target: target.optional(),
  doc_to_choice: choices.optional(),
});

/** The keys of a task's YAML that count here, as lm-eval names them and with its defaults. */
const taskFileSchema = z.looseObject({
  task: z.string().min(1),
  dataset_path: z.literal('json', { error: 'must be "json", with files of this machine in dataset_kwargs.data_files' }),
  dataset_kwargs: z.looseObject({
    data_files: z.union([strings, z.record(z.string(), strings)]),
  }),
  training_split: z.string().nullish(),
  validation_split: z.string().nullish(),
  test_split: z.string().nullish(),
  fewshot_split: z.string().nullish(),
  output_type: z
    .enum(['multiple_choice', 'loglikelihood', 'loglikelihood_rolling', 'generate_until'])
    .default('generate_until'),
  doc_to_text: template,
  doc_to_target: target,
  doc_to_choice: choices.optional(),
  process_docs: functionReferenceSchema.nullish(),
  process_results: functionReferenceSchema.nullish(),
  description: z.string().default(''),
  target_delimiter: z.string().default(' '),
  fewshot_delimiter: z.string().default('\n\n'),
  gen_prefix: z.string().nullish(),
  fewshot_config: fewshotSchema.nullish(),
  num_fewshot: z.number().int().min(0).nullish(),
  metric_list: z.array(metricSchema).min(1).optional(),
  generation_kwargs: generationSchema.prefault({}),
  filter_list: z.array(z.strictObject({ name: z.string(), filter: z.array(filterStepSchema).min(1) })).optional(),
  metadata: metadataSchema,
});

/** Keys that would change the scores and are not there. */
const missing = ['doc_to_image', 'doc_to_audio', 'use_prompt', 'custom_dataset'];

/** A task's file, or a group's. */
export interface ConfigFile {
  readonly file: string;
  /** The file as it is, with what it includes. */
  readonly config: Record<string, unknown>;
}

export type TaskFile = z.output<typeof taskFileSchema> & ConfigFile;

/**
 * A task in lm-eval's form; null: the file is a group of tasks, or only included by others.
 * @throws StudioError invalid_file naming the file and the key
 */
export function taskOf({ file, config }: ConfigFile): TaskFile | null {
  if (typeof config['task'] !== 'string') return null;
  const fault = (message: string, hint: string | null = null) =>
    new StudioError('invalid_file', `${file}: ${message}.`, hint);
  const functionsOnly = ['process_docs', 'process_results'].filter(
    (key) => !functionReferenceSchema.nullish().safeParse(config[key]).success,
  );
  for (const key of [...missing, ...functionsOnly])
    if (config[key] !== undefined && config[key] !== null)
      throw fault(`${key} is not supported`, 'Write what it does into the data and the templates.');
  if (Number(config['repeats'] ?? 1) !== 1) throw fault('repeats must be 1');
  const parsed = taskFileSchema.safeParse(config);
  if (!parsed.success) throw fault(describeIssues(parsed.error));
  const task = parsed.data;
  if (task.output_type === 'multiple_choice' && task.doc_to_choice === undefined)
    throw fault('multiple_choice needs doc_to_choice');
  return { ...task, file, config };
}

/**
 * The YAML file of a place, or those of a folder and those below it, by their names.
 * @throws StudioError invalid_file naming the file; not_found or invalid_input for a place without files, or with too many
 */
export async function readConfigFiles(place: TaskPlace): Promise<ConfigFile[]> {
  const read: ConfigFile[] = [];
  const included = new Set<string>();
  for (const file of await taskFiles(place.path)) {
    // Others include it: what is wrong with it is said of them.
    if (mayBeTemplate(file) && !(await namesTaskOrGroup(file))) continue;
    read.push({ file, config: await new Includes(file, place, included).keysOf(path.resolve(file)) });
  }
  return read.filter(
    ({ file, config }) => !(mayBeTemplate(file) && config['group'] === undefined && included.has(path.resolve(file))),
  );
}

/** lm-eval's own tasks have their groups in files that are named so, and what others include. */
function mayBeTemplate(file: string): boolean {
  return path.basename(file).startsWith('_');
}

async function namesTaskOrGroup(file: string): Promise<boolean> {
  const { contents } = await parsedFile(file);
  return isMap(contents) && (contents.has('task') || contents.has('group'));
}

/** Reads the files that a task is made of. */
class Includes {
  private read = 0;
  private readonly task: string;
  private readonly place: TaskPlace;
  private readonly included: Set<string>;

  /** @param included gets every file that is read by `include` */
  constructor(task: string, place: TaskPlace, included: Set<string>) {
    this.task = task;
    this.place = place;
    this.included = included;
  }

  /** `include: other.yaml` gives what the file itself leaves out. @param within files that include this one */
  async keysOf(file: string, within: readonly string[] = []): Promise<Record<string, unknown>> {
    if (within.includes(file)) throw new StudioError('invalid_file', `${file} is included by itself.`);
    if (within.length > 0) this.included.add(file);
    if (++this.read > maxFiles)
      throw new StudioError('invalid_file', `${this.task} has more than ${maxFiles} files by include.`);
    const { include, ...own } = await readMapping(file);
    const names = strings.optional().safeParse(include);
    if (!names.success) throw new StudioError('invalid_file', `${file}: include must name a file.`);
    const config: Record<string, unknown> = {};
    for (const name of [names.data ?? []].flat())
      Object.assign(config, await this.keysOf(this.place.beside(file, name), [...within, file]));
    return { ...config, ...own };
  }
}

async function parsedFile(file: string): Promise<Document.Parsed> {
  return parseDocument(await readBounded(file, fileLimits.yaml), { merge: true, logLevel: 'silent' });
}

async function readMapping(file: string): Promise<Record<string, unknown>> {
  const document = await parsedFile(file);
  const [problem] = document.errors;
  if (problem !== undefined)
    throw new StudioError('invalid_file', `${file} is not YAML: ${problem.message.split('\n')[0]?.replace(/:$/, '')}.`);
  await replaceFunctions(file, document);
  const value = z.record(z.string(), z.unknown()).safeParse(document.toJS({ maxAliasCount: 100 }));
  if (value.success) return value.data;
  throw new StudioError('invalid_file', `${file} is not a task: it has no keys.`);
}

/** `!function utils.name` is Python, of which nothing is run: known functions are replaced by references to ours. */
async function replaceFunctions(file: string, document: Document.Parsed): Promise<void> {
  const found: Scalar[] = [];
  visit(document, {
    Scalar(_, node) {
      if (node.tag?.startsWith('!function')) found.push(node);
    },
  });
  for (const node of found) {
    node.value = await findFunctions(file, String(node.value ?? ''));
  }
}
