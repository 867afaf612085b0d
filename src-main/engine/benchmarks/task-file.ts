import path from 'node:path';
import { type Document, isMap, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import { fileLimits, readBounded } from '../../files/foreign-file.ts';
import { filterStepSchema } from './filter-step.ts';
import { aggregationIds } from './metrics/aggregations.ts';
import { taskFiles } from './task-files.ts';
import type { TaskPlace } from './task-place.ts';

/** A task is made of. */
const maxFiles = 50;
const template = z.union([z.string(), z.number().int()]);
export const strings = z.union([z.string(), z.array(z.string())]);
/** Metadata of a task or a group. */
export const metadataSchema = z.looseObject({ version: z.coerce.number().optional().catch(undefined) }).nullish();

const metricSchema = z.looseObject({
  metric: z.string(),
  aggregation: z.enum(aggregationIds).optional(),
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

const fewshotSchema = z.looseObject({
  sampler: z.enum(['default', 'first_n']).default('default'),
  samples: z.array(z.record(z.string(), z.unknown())).optional(),
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
  doc_to_target: z.union([template, z.array(z.string())]),
  doc_to_choice: z.union([z.string(), z.array(z.string()), z.record(z.string(), z.string())]).optional(),
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
const missing = ['process_docs', 'process_results', 'doc_to_image', 'doc_to_audio', 'use_prompt', 'custom_dataset'];

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
  for (const key of missing)
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
  refuseFunctions(file, document);
  const value = z.record(z.string(), z.unknown()).safeParse(document.toJS({ maxAliasCount: 100 }));
  if (value.success) return value.data;
  throw new StudioError('invalid_file', `${file} is not a task: it has no keys.`);
}

/** `!function utils.name` is Python, and nothing of a file is run here. */
function refuseFunctions(file: string, document: Document.Parsed): void {
  visit(document, {
    Scalar(_, { tag, source }) {
      if (tag?.startsWith('!function'))
        throw new StudioError(
          'invalid_file',
          `${file}: !function ${source ?? ''} is a function in Python, which is not run.`,
          'Write what it does into the data and the templates.',
        );
    },
  });
}
