import { Button } from '@mantine/core';
import { IconArchive, IconArchiveOff, IconCopy, IconPlayerStop, IconTrash, IconX } from '@tabler/icons-react';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { useAction } from '../../../api/query.ts';
import { navigate } from '../../../app/routes.tsx';
import { copyLinkItem } from '../../../components/actions/copy-link-item.tsx';
import { notifySuccess } from '../../../components/feedback/notify.tsx';
import type { MoreItem } from '../../../components/layout/page.tsx';
import { runStrings } from '../../../strings/run.ts';
import { resumeLabel } from '../run-labels.ts';
import { askToDeleteRuns } from './ask-to-delete.tsx';
import { archiveRuns } from './change-runs.ts';
import { askToDiscard } from './discard-run.tsx';
import { useResumeRun } from './use-resume-run.tsx';

const words = runStrings.actions;

/** Returns the actions on a run now: at most two buttons, and the rest for the "more" menu. */
export function useRunActions(run: RunRecord): { buttons: React.ReactNode; more: MoreItem[] } {
  const pause = useAction('runs.pause', { failureTitle: words.notPaused });
  const resume = useResumeRun();
  const stop = useAction('runs.stop', { failureTitle: words.notStopped });
  const cancel = useAction('runs.cancel', { failureTitle: words.notCancelled });
  const save = useAction('runs.saveAdapter', {
    failureTitle: words.notSaved,
    onSuccess: ({ name }) => notifySuccess(words.saved, words.isSaved(name)),
  });
  const id = run.id;
  const clone = () => navigate(`/train?from=${encodeURIComponent(id)}`);
  const confirmCancel = () =>
    askToDiscard({
      name: run.name,
      onDiscard: () => cancel.mutate({ id }),
      ...(run.status === 'running' ? { onStop: () => stop.mutate({ id }) } : {}),
    });
  const cancelItem: MoreItem = { label: words.cancel, icon: <IconX size={16} />, onClick: confirmCancel, danger: true };
  // Imported runs have too few known settings to be trained again.
  const canClone = run.origin === undefined;
  const more: MoreItem[] = [
    ...(canClone ? [{ label: words.clone, icon: <IconCopy size={16} />, onClick: clone }] : []),
    copyLinkItem('run', id),
  ];
  const { adapterId } = run;
  const toMerge = adapterId ? (
    <Button onClick={() => navigate(`/merge?add=${encodeURIComponent(adapterId)}`)}>{words.merge}</Button>
  ) : null;
  let buttons: React.ReactNode = (
    <>
      {canClone ? (
        <Button variant="default" onClick={clone}>
          {words.clone}
        </Button>
      ) : null}
      {toMerge}
    </>
  );
  if (run.status === 'running') {
    buttons = (
      <>
        <Button variant="default" onClick={() => pause.mutate({ id })} loading={pause.isPending}>
          {words.pause}
        </Button>
        <Button onClick={() => stop.mutate({ id })} loading={stop.isPending} leftSection={<IconPlayerStop size={14} />}>
          {words.stop}
        </Button>
      </>
    );
    more.push(cancelItem);
  } else if (run.status === 'queued') {
    buttons = (
      <Button variant="default" onClick={() => cancel.mutate({ id })} loading={cancel.isPending}>
        {words.unqueue}
      </Button>
    );
  } else {
    const label = resumeLabel(run);
    if (label !== null)
      buttons = (
        <>
          {toMerge || !run.checkpoints.some(({ resumable }) => resumable) ? null : (
            <Button variant="default" onClick={() => save.mutate({ id })} loading={save.isPending}>
              {words.save}
            </Button>
          )}
          <Button
            variant={toMerge ? 'default' : 'filled'}
            onClick={() => resume.resumeRun(run)}
            loading={resume.isPending}
          >
            {label}
          </Button>
          {toMerge}
        </>
      );
    if (run.status === 'paused') more.push(cancelItem);
    more.push(
      {
        label: run.archived ? words.unarchive : words.archive,
        icon: run.archived ? <IconArchiveOff size={16} /> : <IconArchive size={16} />,
        onClick: () => void archiveRuns([run], !run.archived),
      },
      {
        label: words.delete,
        icon: <IconTrash size={16} />,
        danger: true,
        onClick: () => void askToDeleteRuns([run], () => navigate('/runs', { replace: true })),
      },
    );
  }
  return { buttons, more };
}
