import { Button, Progress } from '@mantine/core';
import type { TensorflowSetup } from '../../../src-shared/domain/app/catalog.ts';
import { queryClient, requestKey, useAction, useRequest } from '../../api/query.ts';
import { formatBytes } from '../../components/format/format.ts';
import { settingsStrings } from '../../strings/settings.ts';
import classes from './settings.module.css';

const words = settingsStrings.tensorflow;

/** The opt-in setup of libtensorflow: what it is, a button, and while it runs how far it is, with its log. */
export function TensorflowSetupRow({ isSetUp }: { isSetUp: boolean }) {
  const state = useRequest(
    'tensorflow.state',
    {},
    { refetchInterval: (current) => (current?.state === 'running' ? 500 : false) },
  );
  const keep = (setup: TensorflowSetup): void => {
    queryClient.setQueryData(requestKey('tensorflow.state', {}), setup);
  };
  const start = useAction('tensorflow.setup', { failureTitle: words.failed, onSuccess: keep });
  const cancel = useAction('tensorflow.cancel', { onSuccess: keep });
  const setup = state.data;
  const running = setup?.state === 'running';

  return (
    <div className={classes['setup']}>
      <div className={classes['row']}>
        <div className={classes['rowText']} aria-live="polite">
          {setup && setup.state !== 'idle' ? progressText(setup) : explanation(isSetUp)}
        </div>
        {running ? (
          <Button variant="default" loading={cancel.isPending} onClick={() => cancel.mutate({})}>
            {words.cancel}
          </Button>
        ) : (
          <Button
            variant="default"
            disabled={!setup}
            loading={start.isPending}
            onClick={() => start.mutate({ device: 'auto' })}
          >
            {isSetUp ? words.setUpAgain : words.setUp}
          </Button>
        )}
      </div>
      {running ? (
        <Progress
          aria-label={words.progress}
          value={share(setup)}
          animated={setup.total === null}
          striped={setup.total === null}
          size="sm"
        />
      ) : null}
      {setup?.log ? (
        <details open={setup.state === 'failed'}>
          <summary className={classes['help']}>{words.log}</summary>
          <pre className={classes['log']}>{setup.log}</pre>
        </details>
      ) : null}
    </div>
  );
}

function explanation(isSetUp: boolean): string {
  return isSetUp ? words.isSetUp : words.explanation;
}

function progressText(setup: TensorflowSetup): string {
  switch (setup.state) {
    case 'running': {
      const phase = setup.phase ?? words.starting;
      if (setup.done === null || setup.total === null) return phase;
      return words.running(phase, formatBytes(setup.done), formatBytes(setup.total));
    }
    case 'done':
      return words.done;
    case 'cancelled':
      return words.cancelled;
    default:
      return words.setupFailed;
  }
}

function share({ done, total }: TensorflowSetup): number {
  return done === null || total === null ? 100 : (100 * done) / total;
}
