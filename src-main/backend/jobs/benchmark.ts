import { z } from 'zod';
import { benchmarkRequestSchema } from '../../../src-shared/domain/benchmark.ts';
import { groupScores } from '../../engine/benchmarks/group-scores.ts';
import { resolveModel } from '../library/models.ts';
import { anyPath } from '../path-access.ts';
import { columnDirectories } from './column-directories.ts';
import { computeFields } from './compute-fields.ts';
import { defineJob } from './define-job.ts';

/** Runs tasks in lm-eval's form on a base and its adapters. */
export const benchmarkJob = defineJob({
  kind: 'benchmark',
  payload: z.object({
    request: benchmarkRequestSchema,
    names: z.array(z.string()).default([]).describe('of the columns, for when an adapter is gone'),
  }),
  references: ({ request }) => request.columns.filter((column) => column !== null),
  async execute({ request }, context, services) {
    const { store, reader, paths } = services;
    const model = await resolveModel(services, request.model);
    const adapterDirectories = columnDirectories(services, model, request.columns);
    const { tasks, groups } = await reader.read('benchmarks', {
      path: paths.readable(request.tasks),
      // What the task of a stranger names is the person's to allow.
      isConfined: paths !== anyPath,
      limit: request.limit,
      shots: request.num_fewshot,
    });
    const { result } = await context.runEngine({
      kind: 'benchmark',
      ...computeFields(store),
      modelDirectory: model.path,
      adapterDirectories,
      tasks,
    });
    const examples = result.tasks.reduce((sum, task) => sum + task.examples, 0);
    const scores = groupScores(groups, result.tasks);
    return {
      status: 'completed',
      result: { ...result, groups: scores },
      message: `${result.tasks.length} tasks, ${examples} examples.`,
    };
  },
});
