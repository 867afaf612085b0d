import { z } from 'zod';
import { StudioError } from '../../contract/errors.ts';
import { type PlannedAdapter, plannedAdapterSchema } from '../../domain/adapters/adapter-reference.ts';
import { runConfigSchema } from '../../domain/runs/run.ts';
import { loss } from '../../metrics/loss.ts';
import { nameOfRecord } from '../config/catalog-words.ts';
import { requireOneBase } from '../config/composing.ts';
import { scoredTaskShape } from '../config/scored-data.ts';
import type { StudyAdapter, StudyInput, StudyWords } from '../define-study.ts';
import { cellSettingsSchema } from '../grid/cell-settings.ts';
import { tuneText, usualSeeds } from '../grid/grid-choices.ts';
import { tuneSchema } from '../grid/tuning.ts';

const taskSchema = z.strictObject({
  dataset: z.string(),
  name: z.string().min(1).optional().describe('label of the task; default: its dataset'),
  ...scoredTaskShape,
  settings: cellSettingsSchema.default({}).describe('fields of the run that differ for this task, if it is trained'),
});

const groupSchema = z.strictObject({
  label: z.string(),
  coto: z.boolean(),
  sets: z
    .array(
      z.strictObject({
        seed: z.number().int(),
        adapters: z.array(plannedAdapterSchema).min(2).describe('one for each task, in the order of the tasks'),
      }),
    )
    .min(1),
});

const variantSchema = z.strictObject({
  label: z.string().min(1).optional().describe('default: made of the settings'),
  settings: cellSettingsSchema.default({}).describe('fields of the run that the variant sets; null switches off'),
});

/** Runs with and without CoTo. */
const usualVariants = [{ settings: { coto: null } }, { settings: { coto: {} } }];

/**
 * The adapters of a study of several tasks on one base: sets of one adapter for each task, either named one by one
 * (`groups`) or runs that the study trains (`run`, varied by task, by variant and by seed).
 */
export const taskSetsShape = {
  tasks: z.array(taskSchema),
  eval_samples: z.number().int().min(0).default(0),
  groups: z.array(groupSchema).min(1).nullable().default(null).describe('adapters one by one; null: made of the run'),
  run: runConfigSchema
    .nullable()
    .default(null)
    .describe('the run that the study varies; its dataset and seed are not used'),
  seeds: z
    .array(z.number().int().min(0))
    .min(1)
    .default([...usualSeeds])
    .describe('of the trained sets'),
  variants: z.array(variantSchema).min(1).default(usualVariants).describe('groups of trained sets'),
  tune: tuneSchema
    .nullable()
    .default(null)
    .describe('a sweep of learning rates for each task before the sets are trained; null: none'),
};
const taskSetsSchema = z.object(taskSetsShape);
export type TaskSets = z.output<typeof taskSetsSchema>;

/** Checks the tasks and sets of a config as a whole, and that its metric is not the loss, with the reason. */
export function checkTaskSets(whyNotLoss: string) {
  return (config: TaskSets & { readonly metric: string }, context: z.RefinementCtx): void => {
    const problem = problemOfTaskSets(config);
    if (problem) context.addIssue({ code: 'custom', path: [problem.path], message: problem.message });
    if (config.metric === loss.id) context.addIssue({ code: 'custom', path: ['metric'], message: whyNotLoss });
  };
}

/** Returns the problem of the tasks and sets as a whole; null if there is none. */
function problemOfTaskSets({ tasks, groups, run, tune }: TaskSets): { path: string; message: string } | null {
  const datasets = tasks.map(({ dataset }) => dataset);
  const names = taskNames(tasks);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (tasks.length < 2)
    return { path: 'tasks', message: 'Name two or more tasks, each with its dataset: one task has nothing to merge.' };
  if (new Set(datasets).size === 1)
    return {
      path: 'tasks',
      message: `All tasks have the dataset ${datasets[0]}. To merge seeds of one task, choose the study "merging".`,
    };
  if (new Set(datasets).size < datasets.length)
    return { path: 'tasks', message: 'Two tasks have the same dataset. Name each dataset once.' };
  if (twice !== undefined) return { path: 'tasks', message: `Two tasks are called "${twice}".` };
  if ((groups === null) === (run === null))
    return { path: 'groups', message: 'Give either groups of existing adapters, or a run to train them by.' };
  if (groups !== null && tune !== null)
    return {
      path: 'tune',
      message:
        'A learning rate can be tuned only of a run that the study trains: give run instead of groups, or no tune.',
    };
  const uneven = groups
    ?.flatMap(({ label, sets }) => sets.map((set) => ({ label, set })))
    .find(({ set }) => set.adapters.length !== tasks.length);
  if (uneven)
    return {
      path: 'groups',
      message: `The set of seed ${uneven.set.seed} of ${uneven.label} has ${uneven.set.adapters.length} adapters for ${tasks.length} tasks.`,
    };
  return null;
}

export function taskNames(tasks: TaskSets['tasks']): string[] {
  return tasks.map(({ name, dataset }) => name ?? dataset);
}

export function referencesOfSets({ groups }: Pick<TaskSets, 'groups'>): PlannedAdapter[] {
  return (groups ?? []).flatMap(({ sets }) => sets.flatMap(({ adapters }) => adapters));
}

/** Settings of the sets as a study's page shows them. */
export function describeSets(
  { tasks, groups, run, seeds, variants, tune }: TaskSets,
  words: StudyWords,
): { label: string; value: string }[] {
  return [
    { label: 'Tasks', value: tasks.map(({ name, dataset }) => name ?? nameOfRecord(dataset, words)).join(', ') },
    ...(run === null ? [] : [{ label: 'Base', value: nameOfRecord(run.model, words) }]),
    {
      label: 'Sets',
      value:
        groups === null
          ? `${variants.length} variants × seeds ${seeds.join(', ')}, trained`
          : groups.map(({ label, sets }) => `${label}: ${sets.length}`).join(', '),
    },
    ...(tune === null ? [] : [{ label: 'Learning rates', value: `${tuneText(tune)}, for each task` }]),
  ];
}

/**
 * Chosen adapters as sets: those that differ in task and seed only are a group, those of one seed a set.
 * @throws StudioError refused where they are no such sets
 */
export function setsOf({ adapters, dataset }: Pick<StudyInput, 'adapters' | 'dataset'>): {
  tasks: { dataset: string }[];
  groups: NonNullable<z.input<typeof taskSetsShape.groups>>;
} {
  requireOneBase(adapters);
  if (dataset !== null)
    throw new StudioError(
      'refused',
      'Every task is scored on its own dataset.',
      'Leave the dataset to what the adapters were trained on.',
    ).at('dataset');
  const unknown = adapters.find(({ datasetId }) => datasetId === null);
  if (unknown)
    throw new StudioError(
      'refused',
      `It is not known which dataset "${unknown.name}" was trained on.`,
      'Choose adapters that were trained here, or name their datasets in a YAML file.',
    ).at('adapters');
  const datasets = [...new Set(adapters.flatMap(({ datasetId }) => datasetId ?? []))];
  if (datasets.length < 2)
    throw new StudioError(
      'refused',
      `All adapters are of one task (${datasets.join()}): a merge of tasks needs two or more.`,
      'Choose adapters of another dataset too, or compare merges of seeds by the study "Merging seeds".',
    ).at('adapters');
  const groups = [...Map.groupBy(adapters, ({ family }) => family).values()].map((members) => ({
    label: members[0]?.label ?? '',
    coto: members[0]?.coto ?? false,
    sets: setsOfGroup(members, datasets),
  }));
  return { tasks: datasets.map((dataset) => ({ dataset })), groups };
}

/** One adapter for each dataset and seed. Tasks with one adapter each may have different seeds. */
function setsOfGroup(
  members: readonly StudyAdapter[],
  datasets: readonly string[],
): { seed: number; adapters: { adapterId: string }[] }[] {
  const byTask = datasets.map((dataset) => members.filter(({ datasetId }) => datasetId === dataset));
  const [label, lacking] = [members[0]?.label ?? '', byTask.findIndex(({ length }) => length === 0)];
  if (lacking >= 0)
    throw new StudioError(
      'refused',
      `${label} has no adapter of the task ${datasets[lacking]}.`,
      'Choose one adapter of every task for each kind of adapter, or only adapters that differ in task and seed.',
    ).at('adapters');
  if (byTask.every(({ length }) => length === 1)) {
    const set = byTask.flat();
    return [{ seed: set[0]?.seed ?? 0, adapters: set.map(({ id }) => ({ adapterId: id })) }];
  }
  const seeds = [...new Set(members.map(({ seed }) => seed))].sort((one, other) => one - other);
  return seeds.map((seed) => ({
    seed,
    adapters: byTask.map((ofTask, task) => {
      const [only, ...others] = ofTask.filter((adapter) => adapter.seed === seed);
      if (only && others.length === 0) return { adapterId: only.id };
      throw new StudioError(
        'refused',
        only
          ? `${label} has several adapters of seed ${seed} for the task ${datasets[task]}.`
          : `${label} has no adapter of seed ${seed} for the task ${datasets[task]}.`,
        'Choose one adapter of each seed for every task: a set is one adapter for each task.',
      ).at('adapters');
    }),
  }));
}
