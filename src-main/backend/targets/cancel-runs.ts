import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { Submission } from '../../../src-shared/domain/targets/target.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { openSubmissions, requireStudy } from '../studies/study-records.ts';
import { endSubmission, isOpen, latestRuns } from './follow-submissions.ts';
import { resolveTarget } from './resolve-target.ts';
import type { TargetEngine } from './target.ts';

/**
 * Ends a study: its own job, and what it has on a target, whether it is followed now or not.
 * @throws StudioError refused for one that has ended
 */
export async function cancelStudy(services: HandlerServices, studyId: string): Promise<void> {
  const { store, queue, hub } = services;
  const { id: own } = requireStudy(store, studyId);
  const job = store.jobs.findOfSubject(own);
  const open = openSubmissions(services, own);
  // Whoever follows it ends its runs.
  const isFollowed = job !== null && queue.isRunning(job.id);
  if (!isFollowed)
    for (const submission of open) {
      await engineOf(services, submission).cancel(submission.folder, submission.parts);
      endSubmission(store.submissions, submission);
    }
  const hasEnded = ['completed', 'failed', 'cancelled'].includes(job?.status ?? '');
  if (job !== null && !(hasEnded && open.length > 0)) queue.cancel(job.id);
  hub.listChanged('studies');
}

/**
 * Ends some runs of a study where they are; the others go on.
 * @param indices their places in the bundle
 * @throws StudioError not_found for one that does not run
 */
export async function cancelRuns(
  services: HandlerServices,
  studyId: string,
  indices: readonly number[],
): Promise<void> {
  const { store, hub } = services;
  const { name } = requireStudy(store, studyId);
  const open = openSubmissions(services, studyId);
  const runs = latestRuns(open).filter(isOpen);
  const other = indices.find((index) => !runs.some((run) => run.index === index));
  if (other !== undefined)
    throw new StudioError(
      'not_found',
      `Run ${other} of "${name}" neither waits nor runs on a target.`,
      runs.length === 0 ? 'None does.' : `These do: ${runs.map(({ index }) => index).join(', ')}.`,
    );
  for (const submission of open) {
    const own = indices.filter((index) => submission.parts.some((part) => part.indices.includes(index)));
    if (own.length === 0) continue;
    await engineOf(services, submission).cancel(submission.folder, submission.parts, own);
    store.submissions.saveRuns(
      submission.id,
      submission.runs.map((run) => (own.includes(run.index) && isOpen(run) ? { ...run, state: 'cancelled' } : run)),
    );
  }
  hub.listChanged('studies');
}

function engineOf(services: HandlerServices, { target: name }: Submission): TargetEngine {
  const { target, record } = resolveTarget(services, name);
  return target.open(record);
}
