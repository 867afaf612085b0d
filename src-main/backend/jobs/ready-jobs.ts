import type { ErrorValue } from '../../../src-shared/contract/errors.ts';
import type { AdapterReference } from '../../../src-shared/domain/adapters/adapter-reference.ts';
import { type JobKind, type JobRecord, jobInfo } from '../../../src-shared/domain/jobs/job.ts';
import type { Log } from '../../logging/log.ts';
import type { Store } from '../../store/open-store.ts';

interface Rules {
  /** Kinds that may start. */
  readonly kinds: readonly JobKind[];
  isCandidate(job: JobRecord): boolean;
  /** Ends a job that can never start; the error says which job it needed. */
  endWithout(job: JobRecord, error: ErrorValue): void;
}

/**
 * Queued jobs whose dependencies are met, in the order of creation. Candidates that need a job which can no longer
 * complete are ended along the way.
 */
export function* readyJobs(
  jobs: Store['jobs'],
  { kinds, isCandidate, endWithout }: Rules,
): Generator<JobRecord, undefined> {
  // Only those that are looked at are read: a plan can queue thousands.
  for (const id of jobs.queuedIds(kinds)) {
    const job = jobs.readable(id);
    if (job?.status !== 'queued' || !isCandidate(job)) continue;
    const before = job.after.map((id) => jobs.find(id));
    const failed = before.find((one) => one === null || isDead(one));
    if (failed !== undefined) {
      const title = failed?.title ?? 'a removed job';
      endWithout(job, {
        code: 'refused',
        message: `It needed "${title}", which ${failed === null ? 'is missing' : endedAs(failed)}.`,
        hint: 'Run that job again, then start this one again.',
        details: null,
      });
      continue;
    }
    if (before.every((one) => one !== null && (one.status === 'completed' || one.status === 'stopped'))) yield job;
  }
}

/**
 * Returns true if the job can no longer complete. Interrupted or paused jobs that can be resumed keep their dependents
 * waiting.
 */
function isDead(job: JobRecord): boolean {
  if (job.status === 'interrupted') return !jobInfo(job.kind).resumable;
  return job.status === 'failed' || job.status === 'cancelled';
}

function endedAs(job: JobRecord): string {
  return job.status === 'cancelled' ? 'was cancelled' : job.status === 'failed' ? 'failed' : 'was interrupted';
}

/** Returns true if one of a job's references names the adapter, or the run that trained it. */
export function needsAdapter(references: readonly AdapterReference[], adapterId: string, store: Store): boolean {
  return references.some((reference) => {
    const id = 'adapterId' in reference ? reference.adapterId : store.runs.find(reference.runId)?.adapterId;
    return id === adapterId;
  });
}

interface Offer {
  readonly id: string;
  readonly payload: unknown;
}

/**
 * The jobs among `ready` that `choose` lets run together with `first`, all of one kind. None, with a line in the log, if they
 * cannot be found out.
 */
export async function companionJobs(
  first: JobRecord,
  ready: readonly JobRecord[],
  { store, log }: { readonly store: Store; readonly log: Log },
  choose: (first: unknown, offered: Offer[]) => Promise<readonly string[]>,
): Promise<JobRecord[]> {
  const queued = ready.filter(({ kind }) => kind === first.kind);
  if (queued.length === 0) return [];
  try {
    const offered = queued.map(({ id }) => ({ id, payload: store.jobs.payload(id) }));
    const chosen = await choose(store.jobs.payload(first.id), offered);
    return queued.filter(({ id }) => chosen.includes(id));
  } catch (error) {
    log.error({ err: error, job: first.id }, 'the jobs that could run together could not be found');
    return [];
  }
}
