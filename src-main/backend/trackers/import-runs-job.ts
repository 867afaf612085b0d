import { basename } from 'node:path';
import { z } from 'zod';
import { defineJob } from '../jobs/define-job.ts';
import { importRuns } from './import-runs.ts';

const tellMilliseconds = 200;

/** Adds the runs that another program recorded. None of them is shown before all are stored. */
export const importRunsJob = defineJob({
  kind: 'import-runs',
  payload: z.object({ path: z.string() }),
  references: () => [],
  async execute({ path }, context, services) {
    let toldAt = Number.NEGATIVE_INFINITY;
    const onStored = (done: number, total: number): void => {
      if (Date.now() - toldAt < tellMilliseconds && done < total) return;
      toldAt = Date.now();
      const phase = `Importing ${basename(path)}`;
      context.progress({ phase, done, total, unit: 'values', perSecond: null, etaSeconds: null });
    };
    onStored(0, 0);
    const result = await importRuns(services, path, { signal: context.abort, onStored });
    return { status: 'completed', result, message: null };
  },
});
