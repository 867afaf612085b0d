import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconGripVertical, IconPlayerPause, IconPlayerPlay, IconX } from '@tabler/icons-react';
import { type DragEvent, type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { formatDuration } from '../../components/format/format.ts';
import { heldStrings } from '../../strings/held-jobs.ts';
import { homeStrings as strings } from '../../strings/home.ts';
import classes from './home.module.css';
import { placeBefore, queueTime } from './queue-order.ts';

const shownAtFirst = 8;

interface QueueListProps {
  /** The active jobs, in the order of the queue. */
  jobs: readonly JobRecord[];
  runs: readonly RunRecord[];
  onCancel: (job: JobRecord) => void;
}

/** The queue: its order can be changed by dragging and by the arrow keys, and it can be paused. */
export function QueueList({ jobs, runs, onCancel }: QueueListProps) {
  const [isLong, setIsLong] = useState(false);
  const { data: held } = useRequest('jobs.held', {});
  const move = useAction('jobs.move', { failureTitle: strings.jobNotMoved });
  const waiting = jobs.filter(({ status }) => status === 'queued');
  // A study leads its own parts: to move one by itself would change nothing that anybody sees.
  const queue = waiting.filter(({ parentId }) => parentId === null);
  const parts = waiting.length - queue.length;
  const time = queueTime(jobs, runs);
  const shown = isLong ? queue : queue.slice(0, shownAtFirst);
  const { dragged, moved, handlers } = useReorder(queue, (id, before) => move.mutate({ id, before }));
  return (
    <section className={classes['queueBox']} aria-label={strings.queue}>
      <header className={classes['queueHead']}>
        <h3 className={classes['queueTitle']}>{strings.queue}</h3>
        <span className={classes['quiet']}>
          {[
            strings.queued(queue.length),
            ...(parts > 0 ? [strings.partsOfStudies(parts)] : []),
            ...(time.seconds > 0 && time.isWhole ? [strings.left(formatDuration(time.seconds))] : []),
          ].join(' · ')}
        </span>
        <PauseQueue />
      </header>
      {held !== undefined && held.jobs.length > 0 && !held.isAsked ? <LeftHeld count={held.jobs.length} /> : null}
      <ol className={classes['queue']}>
        {shown.map((job, at) => (
          <li
            key={job.id}
            className={classes['queued']}
            data-dragged={dragged === job.id || undefined}
            {...handlers(job.id, at)}
          >
            <MoveHandle job={job} isMoved={moved === job.id} at={at} onKeyDown={handlers(job.id, at).onKeyDown} />
            <span className={classes['jobTitle']}>{job.title}</span>
            {held?.jobs.some(({ id }) => id === job.id) ? (
              <span className={classes['quiet']}>{heldStrings.held}</span>
            ) : null}
            <ActionIcon size={20} ml="auto" aria-label={strings.cancelJob(job.title)} onClick={() => onCancel(job)}>
              <IconX size={14} />
            </ActionIcon>
          </li>
        ))}
      </ol>
      {queue.length > shown.length ? (
        <Button variant="subtle" size="compact-sm" onClick={() => setIsLong(true)}>
          {strings.more(queue.length - shown.length)}
        </Button>
      ) : null}
    </section>
  );
}

/** Jobs that the person left held can be continued at any time. */
function LeftHeld({ count }: { count: number }) {
  const answer = useAction('jobs.answerHeld', { failureTitle: heldStrings.notAnswered });
  return (
    <p className={classes['leftHeld']}>
      <span className={classes['quiet']}>{heldStrings.heldCount(count)}</span>
      <Button
        variant="default"
        size="compact-sm"
        loading={answer.isPending}
        onClick={() => answer.mutate({ continue: true })}
      >
        {heldStrings.continueHeld}
      </Button>
    </p>
  );
}

interface MoveHandleProps {
  job: JobRecord;
  at: number;
  /** True after a move by keyboard: the focus follows the row. */
  isMoved: boolean;
  onKeyDown: (event: KeyboardEvent) => void;
}

function MoveHandle({ job, at, isMoved, onKeyDown }: MoveHandleProps) {
  const handle = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isMoved) handle.current?.focus();
  }, [isMoved, at]);
  return (
    <ActionIcon
      ref={handle}
      size={20}
      className={classes['handle'] ?? ''}
      aria-label={strings.move(job.title)}
      title={strings.moveHelp}
      onKeyDown={onKeyDown}
    >
      <IconGripVertical size={14} />
    </ActionIcon>
  );
}

/** Returns handlers for reordering the queue by dragging or by arrow keys. */
function useReorder(queue: readonly JobRecord[], onMove: (id: string, before: string | null) => void) {
  const [dragged, setDragged] = useState<string | null>(null);
  const [moved, setMoved] = useState<string | null>(null);
  const moveTo = (from: number, to: number) => {
    const id = queue[from]?.id;
    const before = placeBefore(queue, from, to);
    if (id !== undefined && before !== undefined) onMove(id, before);
  };
  const handlers = (id: string, at: number) => ({
    draggable: true,
    onDragStart: (event: DragEvent) => {
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData('text/plain', id);
      setDragged(id);
      setMoved(null);
    },
    onDragEnd: () => setDragged(null),
    onDragOver: (event: DragEvent) => {
      if (dragged !== null) event.preventDefault();
    },
    onDrop: (event: DragEvent) => {
      event.preventDefault();
      moveTo(
        queue.findIndex((job) => job.id === dragged),
        at,
      );
      setDragged(null);
    },
    onKeyDown: (event: KeyboardEvent) => {
      const step = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
      if (step === 0) return;
      event.preventDefault();
      event.stopPropagation();
      setMoved(id);
      moveTo(at, at + step);
    },
  });
  return { dragged, moved, handlers };
}

function PauseQueue() {
  const { data: settings } = useRequest('settings.get', {});
  const set = useAction('settings.set', { failureTitle: strings.queueNotChanged });
  if (!settings) return null;
  const isPaused = settings.queue_paused;
  return (
    <Tooltip label={strings.pauseHelp} multiline w={280} disabled={isPaused}>
      <Button
        variant={isPaused ? 'filled' : 'default'}
        size="compact-sm"
        ml="auto"
        flex="none"
        leftSection={isPaused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
        onClick={() => set.mutate({ queue_paused: !isPaused })}
      >
        {isPaused ? strings.resumeQueue : strings.pauseQueue}
      </Button>
    </Tooltip>
  );
}
