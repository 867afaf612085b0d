import { z } from 'zod';
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import { type ConfigFile, metadataSchema, strings } from './task-file.ts';
import type { TaskPlace } from './task-place.ts';

const averageSchema = z.looseObject({
  metric: z.string(),
  aggregation: z.literal('mean', { error: 'must be "mean"' }).default('mean'),
  weight_by_size: z.boolean().default(true),
  filter_list: strings.nullish(),
});

/** The keys of a group's YAML, as lm-eval names them and with its defaults. */
const groupFileSchema = z.looseObject({
  group: z.string().min(1),
  task: z.array(z.string({ error: 'must be names of tasks or groups' })).min(1),
  aggregate_metric_list: z.union([averageSchema.transform((one) => [one]), z.array(averageSchema)]),
  metadata: metadataSchema,
});

/** Tasks whose scores are averaged. */
export const taskGroupSchema = z.object({
  name: z.string(),
  file: z.string(),
  version: z.number().nullable(),
  tasks: z.array(z.string()).describe('those of its groups too'),
  averages: z.array(
    z.object({
      metric: z.string(),
      bySize: z.boolean().describe('tasks count by their examples'),
      filters: z.array(z.string()).nullable().describe('null: every filter that the tasks have'),
    }),
  ),
  config: z.record(z.string(), z.unknown()),
});
export type TaskGroup = z.infer<typeof taskGroupSchema>;

const namesSchema = z.object({ group: z.string().min(1), task: z.array(z.string()) });

/**
 * The groups with averages among the files of a place.
 * @param tasks names of the tasks that are there
 * @throws StudioError invalid_file naming the file and the key, or a task or group that is not there; invalid_input for two
 * groups of one name
 */
export function groupsOf(place: TaskPlace, files: readonly ConfigFile[], tasks: readonly string[]): TaskGroup[] {
  const averaged: (z.output<typeof groupFileSchema> & ConfigFile)[] = [];
  /** Groups, including those without averages, whose tasks another group may contain. */
  const members = new Map<string, { readonly file: string; readonly task: readonly string[] }>();
  const tagged = tagsOf(files);
  for (const { file, config } of files) {
    if (typeof config['group'] !== 'string' || !Array.isArray(config['task'])) continue;
    const hasAverages = (config['aggregate_metric_list'] ?? null) !== null;
    const parsed = groupFileSchema.safeParse(config);
    if (hasAverages && !parsed.success)
      throw new StudioError('invalid_file', `${file}: ${describeIssues(parsed.error)}.`);
    const { data: named } = namesSchema.safeParse(config);
    if (named === undefined) continue;
    const other = members.get(named.group);
    if (other !== undefined)
      throw new StudioError(
        'invalid_input',
        `${place.path} has the group ${named.group} twice: in ${other.file} and in ${file}.`,
        'Rename or remove one of them.',
      );
    members.set(named.group, { file, task: named.task });
    if (parsed.success) averaged.push({ ...parsed.data, file, config });
  }
  /** The tasks of each name, found once: groups within each other are named many times. */
  const found = new Map<string, readonly string[]>(tasks.map((name) => [name, [name]]));
  const leaves = (name: string, from: string, above: readonly string[]): readonly string[] => {
    const known = found.get(name);
    if (known !== undefined) return known;
    // A group takes precedence over a tag of the same name, like in lm-eval.
    const group = members.get(name) ?? tagged.get(name);
    if (group === undefined || above.includes(name))
      throw new StudioError(
        'invalid_file',
        group === undefined
          ? `${from} names ${name}, which is no task, group or tag in ${place.path}.`
          : `${from} has itself among its groups.`,
      );
    const own = [...new Set(group.task.flatMap((one) => leaves(one, group.file, [...above, name])))];
    found.set(name, own);
    return own;
  };
  return averaged.map(({ group, file, config, metadata, aggregate_metric_list }) => ({
    name: group,
    file,
    version: metadata?.version ?? null,
    tasks: [...leaves(group, file, [])],
    averages: aggregate_metric_list.map(({ metric, weight_by_size, filter_list }) => ({
      metric,
      bySize: weight_by_size,
      filters: filter_list == null ? null : [filter_list].flat(),
    })),
    config,
  }));
}

/** The tasks with each tag, by their names, as if it were a group without averages. */
function tagsOf(files: readonly ConfigFile[]): Map<string, { readonly file: string; readonly task: string[] }> {
  const tagged = new Map<string, { readonly file: string; readonly task: string[] }>();
  for (const { file, config } of files) {
    const { task } = config;
    const tags = strings.safeParse(config['tag']);
    if (typeof task !== 'string' || !tags.success) continue;
    for (const tag of [tags.data].flat()) {
      const known = tagged.get(tag) ?? { file, task: [] };
      known.task.push(task);
      tagged.set(tag, known);
    }
  }
  for (const { task } of tagged.values()) task.sort();
  return tagged;
}
