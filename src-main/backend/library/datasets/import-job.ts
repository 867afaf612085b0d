import { basename } from 'node:path';
import { z } from 'zod';
import { parameterValuesSchema } from '../../../../src-shared/domain/parameters/parameter.ts';
import type { ReadWatch } from '../../../engine/api/data.ts';
import { byteProgress } from '../../../files/byte-progress.ts';
import { defineJob } from '../../jobs/define-job.ts';
import { addDataset, compareDataset } from './datasets.ts';

/** Reads a dataset from end to end and adds it. Nothing is stored before the end. */
export const importJob = defineJob({
  kind: 'import',
  payload: z.object({
    datasetId: z.string(),
    path: z.string(),
    name: z.string().nullable(),
    options: parameterValuesSchema,
    /** Reads a dataset of the studio as it is, and compares its images. */
    compares: z.boolean().default(false),
  }),
  references: () => [],
  async execute({ datasetId, path, name, options, compares }, context, services) {
    const told = byteProgress(`Reading ${basename(path)}`, context.progress);
    const watch: ReadWatch = {
      signal: context.abort,
      onRead: ({ bytes, totalBytes }) => told(Math.min(bytes, totalBytes), totalBytes),
    };
    const dataset = compares
      ? await compareDataset(services, datasetId, watch)
      : await addDataset(services, path, name ?? undefined, options, { ...watch, id: datasetId });
    return { status: 'completed', result: { datasetId: dataset.id }, message: null };
  },
});
