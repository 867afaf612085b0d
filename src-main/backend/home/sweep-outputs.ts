import { z } from 'zod';
import type { Services } from '../services.ts';
import { removeUnfinishedAt, takeNotedOutputs } from './output-notes.ts';

const payloadSchema = z.object({ path: z.string() });

/** Kinds of jobs that write where the person said. */
const writing: ReadonlySet<string> = new Set(['export', 'pretrain']);

/**
 * Removes what was not finished outside of the home by jobs and exports that were killed: beside the path that they were to
 * write, under the hidden name of it. Of a home from elsewhere nothing outside is touched.
 */
export function sweepOutputs({ home, store, log }: Pick<Services, 'home' | 'store' | 'log'>): void {
  const noted = takeNotedOutputs({ home });
  if (home.moved) return;
  for (const path of noted) if (removeUnfinishedAt(path)) log.info('removed what a killed export had not finished');
  for (const { id, kind } of store.jobs.withStatus('running')) {
    if (!writing.has(kind)) continue;
    const payload = payloadSchema.safeParse(store.jobs.payload(id));
    if (payload.success && removeUnfinishedAt(payload.data.path))
      log.info({ job: id }, 'removed what a killed job had not finished');
  }
}
