import { removeUnfinishedAt, takeNotedOutputs } from '../home/output-notes.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';

/**
 * Removes what was not finished outside of the home by jobs and exports that were killed: beside the path that they
 * were to write, under the hidden name of it. For a home from elsewhere, nothing outside is touched.
 */
export function cleanOutputs({
  home,
  store,
  log,
  queue,
}: Pick<HandlerServices, 'home' | 'store' | 'log'> & {
  readonly queue: Pick<HandlerServices['queue'], 'writesTo'>;
}): void {
  const noted = takeNotedOutputs({ home });
  if (!home.identity.isKnown) return;
  for (const path of noted) if (removeUnfinishedAt(path)) log.info('removed what a killed export had not finished');
  for (const job of store.jobs.withStatus('running')) {
    const path = queue.writesTo(job);
    if (path !== null && removeUnfinishedAt(path))
      log.info({ job: job.id }, 'removed what a killed job had not finished');
  }
}
