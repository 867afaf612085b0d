import { useEffect } from 'react';
import { jobInfo } from '../../src-shared/domain/jobs/job.ts';
import type { JobProgress } from '../../src-shared/domain/jobs/job-progress.ts';
import { useBackendStatus } from '../api/client.ts';
import { useRequest } from '../api/query.ts';

/** Tells the shell what is running and how far it is. A lost backend runs nothing. */
export function useRunningJobs(): void {
  const { status } = useBackendStatus();
  const { data: jobs } = useRequest('jobs.list', { active: true });
  const running = (status === 'ready' ? (jobs ?? []) : [])
    .filter((job) => job.status === 'running' && job.parentId === null)
    .map(({ title, kind, progress }) => ({
      title,
      pauses: jobInfo(kind).atClose === 'pause',
      done: doneShare(progress),
    }));
  const stated = JSON.stringify(running);
  useEffect(() => window.coto.setRunning(running), [stated]);
}

/** In whole percents: the shell is told of nothing that it does not show. */
function doneShare(progress: JobProgress | null): number | null {
  if (progress === null || progress.total <= 0) return null;
  return Math.min(100, Math.max(0, Math.floor((progress.done / progress.total) * 100))) / 100;
}
