import { Button, Group, Progress, Text } from '@mantine/core';
import { isOver, type JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { useAction } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { formatDuration } from '../../components/format/format.ts';
import { jobsStrings as strings } from '../../strings/jobs.ts';

/** Shows the progress of a job with a button to cancel it, or its error; nothing once it is done. */
export function JobProgress({ job }: { job: JobRecord | undefined }) {
  const cancel = useAction('jobs.cancel', { failureTitle: strings.notCancelled });
  if (!job || job.status === 'completed') return null;
  if (job.error) return <ErrorNote error={job.error} />;
  if (isOver(job))
    return (
      <Text size="sm" c="dimmed">
        {strings.ended(job.title, job.status)}
      </Text>
    );
  const { progress } = job;
  const share = progress && progress.total > 0 ? (100 * progress.done) / progress.total : 0;
  return (
    <div role="status" aria-label={job.title}>
      <Group justify="space-between" mb={4} wrap="nowrap">
        <Text size="sm" truncate>
          {job.status === 'queued' ? strings.queued(job.title) : (progress?.phase ?? strings.starting(job.title))}
          {progress ? ` · ${strings.done(progress.done, progress.total, progress.unit)}` : ''}
        </Text>
        <Group gap={8} wrap="nowrap">
          <Text size="sm" c="dimmed">
            {progress?.etaSeconds != null ? strings.left(formatDuration(progress.etaSeconds)) : ''}
          </Text>
          <Button variant="default" onClick={() => cancel.mutate({ id: job.id })} loading={cancel.isPending}>
            {strings.cancel}
          </Button>
        </Group>
      </Group>
      {progress?.total === 0 ? null : <Progress value={share} size={6} aria-label={strings.progressOf(job.title)} />}
    </div>
  );
}
