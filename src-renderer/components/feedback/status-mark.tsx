import type { RunStatus } from '../../../src-shared/domain/run.ts';
import classes from './status-mark.module.css';

const words: Record<RunStatus, string> = {
  queued: 'Queued',
  running: 'Running',
  paused: 'Paused',
  completed: 'Completed',
  stopped: 'Stopped',
  cancelled: 'Cancelled',
  failed: 'Failed',
  interrupted: 'Interrupted',
};

/** The status of a run, job or study: a shape and a word, so that color alone says nothing. */
export function StatusMark({ status }: { status: RunStatus }) {
  return (
    <span className={classes['mark']} data-status={status}>
      <span className={classes['dot']} aria-hidden />
      {words[status]}
    </span>
  );
}
