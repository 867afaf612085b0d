import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import type { Submission } from '../../../src-shared/domain/targets/target.ts';
import type { HandlerServices } from '../jobs/handler-services.ts';
import { leftUnfollowed } from '../jobs/job-endings.ts';
import type { Services } from '../services/services.ts';
import { resumeStudy } from '../studies/studies.ts';
import { latestRuns } from './follow-submissions.ts';

type Parts = Pick<Services, 'store'>;

/** Studies that nobody follows now, though runs go on at their target, or have results there that are not here. The oldest first. */
export function unfollowedStudies({ store }: Parts): StudyRecord[] {
  const counting = store.bundles.counting();
  const hasMore = (submissions: readonly Submission[]): boolean =>
    submissions.some(({ status }) => status === 'open') ||
    latestRuns(submissions).some(({ state, runId }) => state === 'done' && !counting.has(runId));
  return store.studies
    .list()
    .filter(({ id, target }) => target !== null && wasLeft({ store }, id) && hasMore(store.submissions.list(id)))
    .sort((one, other) => one.createdAt - other.createdAt);
}

/** Returns true if following stopped for another reason than the end of the runs or a cancel by the user. */
function wasLeft({ store }: Parts, studyId: string): boolean {
  const job = store.jobs.findOfSubject(studyId);
  if (job === null) return false;
  return job.status === 'interrupted' || job.status === 'paused' || job.error?.code === 'disconnected';
}

/** Goes on with all of them, for a studio that has just opened: what was submitted did not wait for it. */
export function followAgain(services: HandlerServices): void {
  const { store, log } = services;
  for (const { id, name, target } of unfollowedStudies({ store })) {
    if (store.jobs.findOfSubject(id)?.error?.code === leftUnfollowed.error.code) continue;
    resumeStudy(services, id);
    log.info({ study: id, target }, `${name} is followed again`);
  }
}

/** A folder from elsewhere starts nothing by itself, neither now nor when it is opened again. */
export function leaveUnfollowed({ store }: Parts): void {
  for (const { id } of unfollowedStudies({ store })) {
    const job = store.jobs.findOfSubject(id);
    // One that was paused stays so; one that had lost its target would no longer be told from one that failed.
    if (job !== null)
      store.jobs.update(job.id, job.status === 'failed' ? leftUnfollowed : { error: leftUnfollowed.error });
  }
}
