import { VisuallyHidden } from '@mantine/core';
import type { RunStatus } from '../../../src-shared/domain/runs/run.ts';
import { appStrings } from '../../strings/app.ts';
import classes from './status-mark.module.css';

const words: Record<RunStatus, string> = appStrings.statuses;

interface StatusMarkProps {
  status: RunStatus;
  /** True: the shape alone; the word is said on hover and to screen readers. */
  brief?: boolean;
}

/** The status of a run, job or study: a shape and a word, so that color alone says nothing. */
export function StatusMark({ status, brief = false }: StatusMarkProps) {
  return (
    <span className={classes['mark']} data-status={status} title={brief ? words[status] : undefined}>
      <span className={classes['dot']} aria-hidden />
      {brief ? <VisuallyHidden>{words[status]}</VisuallyHidden> : words[status]}
    </span>
  );
}
