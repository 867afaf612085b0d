import { Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { IconPlayerPause, IconPlayerPlay, IconPlayerStop, IconX } from '@tabler/icons-react';
import type { JobRecord } from '../../src-shared/domain/jobs/job.ts';
import type { RunRecord } from '../../src-shared/domain/runs/run.ts';
import { useAction } from '../api/query.ts';
import type { StudioAction } from '../components/actions/action-registry.ts';
import { askToDiscard } from '../features/runs/actions/discard-run.tsx';
import { appStrings } from '../strings/app.ts';

const icon = { size: 18, stroke: 1.6 } as const;

/** Returns the actions on the queue and on paused runs that are available everywhere. */
export function useJobActions(jobs: readonly JobRecord[], runs: readonly RunRecord[]): readonly StudioAction[] {
  const pause = useAction('runs.pause', { failureTitle: appStrings.notPaused });
  const stop = useAction('runs.stop', { failureTitle: appStrings.notStopped });
  const resume = useAction('runs.resume', { failureTitle: appStrings.notResumed });
  const cancel = useAction('jobs.cancel', { failureTitle: appStrings.notCancelled });
  const shared = { scope: 'window', keywords: ['queue', 'job', 'running'] } as const;
  const actions: StudioAction[] = [];
  for (const job of jobs) {
    const run = job.kind === 'train' ? runs.find(({ id }) => id === job.subjectId) : undefined;
    const isRunning = job.status === 'running';
    const onStop = run && isRunning ? { onStop: () => stop.mutate({ id: run.id }) } : {};
    if (run && isRunning)
      actions.push(
        {
          ...shared,
          id: `pause-${run.id}`,
          label: appStrings.pauseRun(run.name),
          icon: <IconPlayerPause {...icon} />,
          run: () => pause.mutate({ id: run.id }),
        },
        {
          ...shared,
          id: `stop-${run.id}`,
          label: appStrings.stopRun(run.name),
          icon: <IconPlayerStop {...icon} />,
          run: () => stop.mutate({ id: run.id }),
        },
      );
    actions.push({
      ...shared,
      id: `cancel-${job.id}`,
      label: appStrings.cancelJob(job.title),
      icon: <IconX {...icon} />,
      run: () => {
        const onConfirm = () => cancel.mutate({ id: job.id });
        if (run) askToDiscard({ name: run.name, onDiscard: onConfirm, ...onStop });
        else askToCancel(job.title, onConfirm);
      },
    });
  }
  const paused = runs.filter(({ status }) => status === 'paused');
  for (const run of paused)
    actions.push({
      ...shared,
      id: `resume-${run.id}`,
      label: appStrings.resumeRun(run.name),
      icon: <IconPlayerPlay {...icon} />,
      run: () => resume.mutate({ id: run.id }),
    });
  if (paused.length > 1)
    actions.push({
      ...shared,
      id: 'resume-all',
      label: appStrings.resumeAll,
      icon: <IconPlayerPlay {...icon} />,
      run: () => {
        for (const { id } of paused) resume.mutate({ id });
      },
    });
  return actions;
}

function askToCancel(title: string, onConfirm: () => void): void {
  modals.openConfirmModal({
    title: appStrings.cancelQuestion(title),
    children: <Text>{appStrings.cancelConsequence}</Text>,
    labels: { confirm: appStrings.cancelTheJob, cancel: appStrings.keepRunning },
    confirmProps: { color: 'red.9' },
    onConfirm,
  });
}
