import { useEffect } from 'react';
import { jobInfo } from '../../src-shared/domain/job.ts';
import { useBackendStatus } from '../api/client.ts';
import { useRequest } from '../api/query.ts';

/** Tells the shell what is running, so that quitting asks first. Of a lost backend nothing runs any more. */
export function useRunningJobs(): void {
  const { status } = useBackendStatus();
  const { data: jobs } = useRequest('jobs.list', { active: true });
  const running = (status === 'ready' ? (jobs ?? []) : [])
    .filter((job) => job.status === 'running' && job.parentId === null)
    .map(({ title, kind }) => ({ title, pauses: jobInfo(kind).atClose === 'pause' }));
  const stated = JSON.stringify(running);
  useEffect(() => window.coto.setRunning(running), [stated]);
}
