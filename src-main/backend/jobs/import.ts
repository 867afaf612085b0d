import { basename } from 'node:path';
import { addDataset } from '../library/datasets.ts';
import type { Services } from '../services.ts';
import { byteProgress } from './byte-progress.ts';
import type { JobExecutor } from './executor.ts';

/** Reads a dataset from end to end and makes it known. Nothing is kept before the end. */
export function importExecutor(services: Services): JobExecutor<'import'> {
  return {
    async execute({ datasetId, path, name, options }, context) {
      const told = byteProgress(`Reading ${basename(path)}`, context.progress);
      const dataset = await addDataset(services, path, name ?? undefined, options, {
        id: datasetId,
        signal: context.abort,
        onRead: ({ bytes, totalBytes }) => told(Math.min(bytes, totalBytes), totalBytes),
      });
      return { status: 'completed', result: { datasetId: dataset.id }, message: null };
    },
    settle: () => undefined,
  };
}
