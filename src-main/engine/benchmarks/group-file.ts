import { z } from 'zod';
import { describeIssues, StudioError } from '../../../src-shared/contract/errors.ts';
import { readKeys } from './task-file.ts';
import { taskFiles } from './task-files.ts';
import type { TaskPlace } from './task-place.ts';

const strings = z.union([z.string(), z.array(z.string())]);

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
  metadata: z.looseObject({ version: z.coerce.number().optional().catch(undefined) }).nullish(),
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

/**
 * The groups with averages among the files of a place.
 * @param tasks names of the tasks that are there
 * @throws StudioError invalid_file naming the file and the key, or a task or group that is not there
 */
export async function readGroups(place: TaskPlace, tasks: readonly string[]): Promise<TaskGroup[]> {
  const files = new Map<string, z.output<typeof groupFileSchema> & { file: string; config: Record<string, unknown> }>();
  for (const file of await taskFiles(place.path)) {
    const config = await readKeys(file, place);
    if (typeof config['group'] !== 'string' || !Array.isArray(config['task'])) continue;
    if ((config['aggregate_metric_list'] ?? null) === null) continue;
    const parsed = groupFileSchema.safeParse(config);
    if (!parsed.success) throw new StudioError('invalid_file', `${file}: ${describeIssues(parsed.error)}.`);
    files.set(parsed.data.group, { ...parsed.data, file, config });
  }
  const known = new Set(tasks);
  const leaves = (name: string, from: string, above: readonly string[]): string[] => {
    if (known.has(name)) return [name];
    const group = files.get(name);
    if (group === undefined || above.includes(name))
      throw new StudioError(
        'invalid_file',
        group === undefined
          ? `${from} names ${name}, which is neither a task nor a group with averages in ${place.path}.`
          : `${from} has itself among its groups.`,
      );
    return group.task.flatMap((one) => leaves(one, group.file, [...above, name]));
  };
  return [...files.values()].map(({ group, file, config, metadata, aggregate_metric_list }) => ({
    name: group,
    file,
    version: metadata?.version ?? null,
    tasks: [...new Set(leaves(group, file, []))],
    averages: aggregate_metric_list.map(({ metric, weight_by_size, filter_list }) => ({
      metric,
      bySize: weight_by_size,
      filters: filter_list == null ? null : [filter_list].flat(),
    })),
    config,
  }));
}
