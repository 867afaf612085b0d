import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';

export type Entry =
  | { readonly kind: 'run'; readonly record: RunRecord }
  | { readonly kind: 'study'; readonly record: StudyRecord };

/** Events while the user was away. */
interface Happened {
  /** Runs that wait to be resumed while the queue goes on without them. */
  readonly paused: readonly RunRecord[];
  /** Number of them that were paused by closing the app. */
  readonly byQuitting: number;
  /** Failed and interrupted jobs of any time, newest first. */
  readonly failed: readonly Entry[];
  /** Results since then, the latest first. Runs of a study are its parts. */
  readonly finished: readonly Entry[];
}

interface Records {
  readonly runs: readonly RunRecord[];
  readonly studies: readonly StudyRecord[];
  /** The active jobs. */
  readonly jobs: readonly JobRecord[];
  /** Milliseconds since 1970. */
  readonly since: number;
}

/** Includes the finish time, so a repeated failure or finish appears again after it was dismissed. */
export function keyOf({ record: { id, finishedAt } }: Entry): string {
  return `${id} ${finishedAt}`;
}

export function whatHappened({ runs, studies, jobs, since }: Records): Happened {
  // A study's own job is the parent of its trainings; those of the demo have none, and nothing else resumes them.
  const jobOf = new Map(jobs.filter(({ parentId }) => parentId === null).map((job) => [job.subjectId, job]));
  const paused = runs.filter((run) => run.status === 'paused' && jobOf.has(run.id));
  const entries = [
    ...runs.map((record): Entry => ({ kind: 'run', record })),
    ...studies.map((record): Entry => ({ kind: 'study', record })),
  ].sort((left, right) => endOf(right) - endOf(left));
  return {
    paused,
    byQuitting: paused.filter(({ id }) => jobOf.get(id)?.error != null).length,
    failed: entries.filter(({ record }) => record.status === 'failed' || record.status === 'interrupted'),
    finished: entries.filter((entry) => isOwn(entry) && hasResult(entry) && (entry.record.finishedAt ?? 0) >= since),
  };
}

function isOwn({ kind, record }: Entry): boolean {
  return kind === 'run' ? record.studyId === null : record.parentId === null;
}

function hasResult({ record }: Entry): boolean {
  return record.status === 'completed' || record.status === 'stopped';
}

function endOf({ record }: Entry): number {
  return record.finishedAt ?? record.createdAt;
}
