import { z } from 'zod';
import type { AdapterReference } from '../../../src-shared/domain/adapters/adapter-reference.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { leavesOf, type Subject } from '../../../src-shared/domain/studies/plan.ts';
import type { ScoreTask } from '../../engine/api/jobs.ts';
import { requireAdapter } from '../library/adapters/adapters.ts';
import { requireDataset } from '../library/datasets/datasets.ts';
import type { Services } from '../services/services.ts';

/** Datasets of a job on subjects: those that are evaluated on, and those that merges are tuned on. */
export const datasetUsesSchema = z.array(
  z.object({
    datasetId: z.string(),
    eval_samples: z.number().int(),
    /** Omitted: on the test split. */
    validation_samples: z.number().int().optional(),
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
 * Returns the engine's fields for subjects whose leaves are adapters of the home: their datasets and the distinct
 * folders.
 */
export function subjectFields(
  { home, store }: Pick<Services, 'home' | 'store'>,
  datasets: readonly DatasetUse[],
  specs: readonly { readonly subject: Subject }[],
): Pick<ScoreTask, 'datasets' | 'adapters'> {
  const ids = adaptersOf(specs).flatMap((adapter) => ('adapterId' in adapter ? adapter.adapterId : []));
  return {
    datasets: datasets.map(({ datasetId, ...use }) => ({
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
