import { basename } from 'node:path';
import { z } from 'zod';
import { parameterValuesSchema } from '../../../src-shared/domain/parameter.ts';
import { addDataset } from '../library/datasets.ts';
import { byteProgress } from './byte-progress.ts';
import { defineJob } from './define-job.ts';

/** Reads a dataset from end to end and adds it. Nothing is stored before the end. */
export const importJob = defineJob({
  kind: 'import',
  payload: z.object({
    datasetId: z.string(),
    path: z.string(),
    name: z.string().nullable(),
    options: parameterValuesSchema,
  }),
  references: () => [],
  async execute({ datasetId, path, name, options }, context, services) {
    const told = byteProgress(`Reading ${basename(path)}`, context.progress);
    const dataset = await addDataset(services, path, name ?? undefined, options, {
      id: datasetId,
      signal: context.abort,
      onRead: ({ bytes, totalBytes }) => told(Math.min(bytes, totalBytes), totalBytes),
    });
    return { status: 'completed', result: { datasetId: dataset.id }, message: null };
  },
});
