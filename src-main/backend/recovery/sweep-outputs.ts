import { removeUnfinishedAt, takeNotedOutputs } from '../home/output-notes.ts';
import { jobOf } from '../job-kinds.ts';
import type { Services } from '../services/services.ts';

/**
 * Removes what was not finished outside of the home by jobs and exports that were killed: beside the path that they were to
 * write, under the hidden name of it. Of a home from elsewhere nothing outside is touched.
 */
export function sweepOutputs({ home, store, log }: Pick<Services, 'home' | 'store' | 'log'>): void {
  const noted = takeNotedOutputs({ home });
  if (!home.identity.isKnown) return;
  for (const path of noted) if (removeUnfinishedAt(path)) log.info('removed what a killed export had not finished');
  for (const { id, kind } of store.jobs.withStatus('running')) {
    const path = jobOf(kind).writesTo(store.jobs.readablePayload(id));
    if (path !== null && removeUnfinishedAt(path)) log.info({ job: id }, 'removed what a killed job had not finished');
  }
}
