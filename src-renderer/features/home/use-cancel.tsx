import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { type JobRecord, jobInfo } from '../../../src-shared/domain/jobs/job.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { useAction } from '../../api/query.ts';
import { askToDiscard } from '../runs/actions/discard-run.tsx';

/** Cancels a job; a run that would lose what it has learned only after a question. */
export function useCancel(runs: readonly RunRecord[]): (job: JobRecord) => void {
  const cancel = useAction('jobs.cancel', { failureTitle: 'The job was not cancelled' });
  const stop = useAction('runs.stop', { failureTitle: 'The run was not stopped' });
  return (job) => {
    const onDiscard = () => cancel.mutate({ id: job.id });
    const run = job.kind === 'train' ? runs.find(({ id }) => id === job.subjectId) : undefined;
    const isRunning = job.status === 'running';
    // A run of the queue that was resumed has learned something, too.
    if (run && (isRunning || run.step > 0))
      askToDiscard({
        name: run.name,
        onDiscard,
        ...(isRunning ? { onStop: () => stop.mutate({ id: run.id }) } : {}),
      });
    else if (isRunning && losesWork(job.kind)) askToCancel(job, onDiscard);
    else onDiscard();
  };
}

/** Jobs that save their progress are long: what they have done is not thrown away by one click. */
function losesWork(kind: JobRecord['kind']): boolean {
  return jobInfo(kind).atClose === 'pause';
}

function askToCancel({ kind, title }: JobRecord, onConfirm: () => void): void {
  modals.openConfirmModal({
    title: `Cancel "${title}"?`,
    children: (
      <Text>
        {kind === 'study'
          ? 'It ends without a result. Runs and scores that are finished are kept.'
          : 'It ends at once, and nothing is saved.'}
      </Text>
    ),
    labels: { confirm: 'Cancel the job', cancel: 'Keep running' },
    confirmProps: { color: 'red.9' },
    onConfirm,
  });
}
