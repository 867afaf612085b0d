import { Button, Code } from '@mantine/core';
import { IconAlertTriangle, IconPlayerPause } from '@tabler/icons-react';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { appStrings } from '../../strings/app.ts';
import { CopyButton } from '../format/copy-button.tsx';
import { LogButton } from './log-button.tsx';
import classes from './notes.module.css';

interface ErrorNoteProps {
  /** Anything thrown by a request, or the error kept in a run, study or job. */
  error: Error | { message: string; hint: string | null };
  /** The way out as a button. */
  action?: { label: string; onClick: () => void };
  /** False: nothing failed, something only waits for a decision. */
  isFailure?: boolean;
}

/** An error beside what caused it: one sentence, the way out, the details behind a disclosure. */
export function ErrorNote({ error, action, isFailure = true }: ErrorNoteProps) {
  const hint = error instanceof StudioError || 'hint' in error ? error.hint : null;
  const Icon = isFailure ? IconAlertTriangle : IconPlayerPause;
  const details = error instanceof StudioError ? error.details : null;
  return (
    <div className={classes['error']} role={isFailure ? 'alert' : 'status'} data-quiet={!isFailure || undefined}>
      <Icon size={16} className={classes['errorIcon']} aria-hidden />
      <div className={classes['errorBody']}>
        <div>{error.message}</div>
        {hint ? <div className={classes['hint']}>{hint}</div> : null}
        {details ? (
          <details className={classes['details']}>
            <summary>{appStrings.details}</summary>
            <Code block>{details}</Code>
            <CopyButton text={details} label={appStrings.copyDetails} />
            <LogButton />
          </details>
        ) : null}
      </div>
      {action ? (
        <Button variant="default" onClick={action.onClick}>
          {action.label}
        </Button>
      ) : null}
    </div>
  );
}
