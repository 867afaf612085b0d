import { z } from 'zod';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { AdapterReference } from '../../../src-shared/domain/adapters/adapter-reference.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { leavesOf, type Subject, scoredTaskSchema } from '../../../src-shared/domain/studies/plan.ts';
import type { ScoreTask } from '../../engine/api/jobs.ts';
import { requireAdapter } from '../library/adapters/adapters.ts';
import { requireDataset } from '../library/datasets/datasets.ts';
import { requireModel } from '../library/models/models.ts';
import type { Services } from '../services/services.ts';
import { readScoredTask } from './scored-task.ts';

/** Datasets of a job on subjects: those that are evaluated on, and those that merges are tuned on. */
export const datasetUsesSchema = z.array(
  z.object({
    datasetId: z.string(),
    eval_samples: z.number().int(),
    /** Omitted: on the test split. */
    validation_samples: z.number().int().optional(),
    /** Task whose questions are scored in place of the test examples, and their hash. */
    benchmark: scoredTaskSchema.extend({ sha256: z.string() }).optional(),
    settings: taskSettingsSchema,
  }),
);
export type DatasetUse = z.infer<typeof datasetUsesSchema>[number];

/** The adapters that these subjects are made of. */
export function adaptersOf(specs: readonly { readonly subject: Subject }[]): AdapterReference[] {
  return specs.flatMap(({ subject }) =>
    leavesOf(subject).flatMap((leaf) => (leaf.kind === 'adapter' ? leaf.adapter : [])),
  );
}

/**
 * Returns the engine's fields for subjects whose leaves are adapters of the home: the base, their datasets and tasks, and
 * the distinct folders. @throws StudioError refused if a task has changed since the study was planned
 */
export async function subjectFields(
  services: Services,
  modelId: string,
  datasets: readonly DatasetUse[],
  specs: readonly { readonly subject: Subject }[],
): Promise<Pick<ScoreTask, 'modelDirectory' | 'datasets' | 'adapters' | 'questions'>> {
  const { home, store } = services;
  const model = requireModel(store, modelId);
  const questions: NonNullable<ScoreTask['questions']> = [];
  for (const [dataset, { benchmark, eval_samples: samples }] of datasets.entries()) {
    if (benchmark === undefined) continue;
    const { sha256, ...task } = benchmark;
    const read = await readScoredTask(services, task, { samples, model });
    if (read.sha256 !== sha256)
      throw new StudioError(
        'refused',
        `${task.task} has changed since the study began to score it.`,
        'Start the study again: what does not depend on the file is not repeated.',
      );
    questions.push({ dataset, ...read.questions });
  }
  const ids = adaptersOf(specs).flatMap((adapter) => ('adapterId' in adapter ? adapter.adapterId : []));
  return {
    modelDirectory: model.path,
    ...(questions.length === 0 ? {} : { questions }),
    datasets: datasets.map(({ datasetId, benchmark: _, ...use }) => ({
      id: datasetId,
      source: requireDataset(store, datasetId).source,
      ...use,
    })),
    adapters: [...new Set(ids)].map((adapterId) => ({
      adapterId,
      directory: home.absolute(requireAdapter(store, adapterId).folder),
    })),
  };
}
