import { z } from 'zod';
import { benchmarkRequestSchema } from '../../../src-shared/domain/evaluation/benchmark.ts';
import { plural } from '../../../src-shared/format/numbers.ts';
import { groupScores } from '../../engine/api/benchmarks.ts';
import { computeFields } from '../jobs/compute-fields.ts';
import { defineJob } from '../jobs/define-job.ts';
import { columnDirectories } from '../library/adapters/column-directories.ts';
import { resolveModel } from '../library/models/models.ts';

/** Runs tasks in lm-eval's form on a base and its adapters. */
export const benchmarkJob = defineJob({
  kind: 'benchmark',
  payload: z.object({
    request: benchmarkRequestSchema,
    names: z.array(z.string()).default([]).describe('of the columns, for when an adapter is gone'),
    isConfined: z.boolean().default(true).describe('tasks name files of their own folder alone'),
  }),
  references: ({ request }) => request.columns.filter((column) => column !== null),
  async execute({ request, isConfined }, context, services) {
    const { store, reader } = services;
    const model = await resolveModel(services, request.model);
    const adapterDirectories = columnDirectories(services, model, request.columns);
    const { tasks, groups } = await reader.read(
      'benchmarks',
      {
        path: request.tasks,
        isConfined,
        limit: request.limit,
        shots: request.num_fewshot,
        prompt: {
          system: request.system_instruction,
          isMultiturn: request.fewshot_as_multiturn,
          templateOf: request.apply_chat_template ? model.path : null,
        },
      },
      { signal: context.abort },
    );
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
      message: `${plural(result.tasks.length, 'task')}, ${plural(examples, 'example')}.`,
    };
  },
});
