import { Button, Progress } from '@mantine/core';
import type { TensorflowSetup } from '../../../src-shared/domain/catalog.ts';
import { queryClient, requestKey, useAction, useRequest } from '../../api/query.ts';
import { formatBytes } from '../../components/format/format.ts';
import classes from './settings.module.css';

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
  const start = useAction('tensorflow.setup', { failureTitle: 'TensorFlow was not set up', onSuccess: keep });
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
            Cancel
          </Button>
        ) : (
          <Button
            variant="default"
            disabled={!setup}
            loading={start.isPending}
            onClick={() => start.mutate({ device: 'auto' })}
          >
            {isSetUp ? 'Set up again' : 'Set up'}
          </Button>
        )}
      </div>
      {running ? (
        <Progress
          aria-label="Setting up TensorFlow"
          value={share(setup)}
          animated={setup.total === null}
          striped={setup.total === null}
          size="sm"
        />
      ) : null}
      {setup?.log ? (
        <details open={setup.state === 'failed'}>
          <summary className={classes['help']}>Log</summary>
          <pre className={classes['log']}>{setup.log}</pre>
        </details>
      ) : null}
    </div>
  );
}

function explanation(isSetUp: boolean): string {
  return isSetUp
    ? 'libtensorflow is set up. Set it up again after a new graphics card, to have it with or without CUDA.'
    : 'Fetches libtensorflow from PyPI (0.3 GB; with CUDA, where an NVIDIA driver is, 3.4 GB) and builds its link. Needs g++ and Linux.';
}

function progressText(setup: TensorflowSetup): string {
  switch (setup.state) {
    case 'running': {
      const size =
        setup.done === null || setup.total === null
          ? ''
          : `: ${formatBytes(setup.done)} of ${formatBytes(setup.total)}`;
      return `${setup.phase ?? 'Starting'}${size}`;
    }
    case 'done':
      return 'Set up. The next job that needs it will use it.';
    case 'cancelled':
      return 'Cancelled. What was downloaded is kept for next time.';
    default:
      return 'The setup failed; see the end of the log.';
  }
}

function share({ done, total }: TensorflowSetup): number {
  return done === null || total === null ? 100 : (100 * done) / total;
}
