import { z } from 'zod';
import { defineJob } from '../jobs/define-job.ts';
import { collectBundle } from './collect.ts';

/** Imports the results of a bundle; those that were imported before it was cancelled stay. */
export const collectJob = defineJob({
  kind: 'collect',
  payload: z.object({ path: z.string() }),
  references: () => [],
  async execute({ path }, context, services) {
    const onResult = (done: number, total: number): void =>
      context.progress({ phase: 'Importing results', done, total, unit: 'results', perSecond: null, etaSeconds: null });
    const result = await collectBundle(services, path, { signal: context.abort, onResult });
    return { status: 'completed', result, message: null };
  },
});
