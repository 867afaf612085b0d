import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { onEvent, request } from '../../api/client.ts';
import { navigate, pathOf } from '../../app/routes.tsx';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { reportsStrings } from '../../strings/reports.ts';

const over: ReadonlySet<JobRecord['status']> = new Set(['completed', 'failed', 'cancelled', 'interrupted', 'stopped']);

/** Opens the report of a job in the window as soon as it is there; how it failed is told otherwise. */
export function openWhenWritten(job: JobRecord): void {
  const settle = ({ id, status, subjectId, error }: JobRecord) => {
    if (id !== job.id || !over.has(status)) return;
    stop();
    if (status === 'completed' && subjectId !== null) navigate(pathOf('reports', subjectId));
    else if (error !== null) notifyFailure(new Error(error.message), reportsStrings.failed);
  };
  const stop = onEvent('job.changed', settle);
  // The job may have ended before the listener was added.
  request('jobs.get', { id: job.id }).then(settle, () => undefined);
}
