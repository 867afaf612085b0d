import { Button, Progress, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { UpdateRequest, UpdateState } from '../../../src-shared/contract/updates.ts';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { formatBytes } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { settingsStrings } from '../../strings/settings.ts';
import classes from './settings.module.css';

const words = settingsStrings.updates;

/** New versions of the app: the feed they come from, off without one, and what the person asks of it. */
export function UpdatesPanel() {
  const [state, setState] = useState<UpdateState | null>(null);
  const ask = (request: UpdateRequest): void => {
    window.coto.updates.ask(request).then(setState, (error: unknown) => notifyFailure(error, words.failed));
  };
  useEffect(() => {
    const stop = window.coto.updates.onState(setState);
    window.coto.updates.ask({ act: 'state' }).then(setState, () => undefined);
    return stop;
  }, []);
  if (state === null) return null;
  return (
    <Panel title={words.title} note={state.feed === null ? words.off : words.onRequest}>
      {state.unsupported !== null ? (
        <div className={classes['help']}>{state.unsupported}</div>
      ) : state.feed === null ? (
        <FeedField proposed={state.proposed} onTurnOn={(feed) => ask({ act: 'setFeed', feed })} />
      ) : (
        <FeedStatus state={state} feed={state.feed} ask={ask} />
      )}
    </Panel>
  );
}

function FeedField({ proposed, onTurnOn }: { proposed: string | null; onTurnOn: (feed: string) => void }) {
  const [feed, setFeed] = useState(proposed ?? '');
  return (
    <form
      className={classes['row']}
      onSubmit={(event) => {
        event.preventDefault();
        onTurnOn(feed);
      }}
    >
      <TextInput
        className={classes['rowText']}
        label={words.feed}
        description={words.feedHelp}
        placeholder={words.example}
        value={feed}
        onChange={(event) => setFeed(event.currentTarget.value)}
      />
      <Button type="submit" variant="default" disabled={feed.trim() === ''}>
        {words.turnOn}
      </Button>
    </form>
  );
}

interface FeedStatusProps {
  readonly state: UpdateState;
  readonly feed: string;
  ask(request: UpdateRequest): void;
}

function FeedStatus({ state, feed, ask }: FeedStatusProps) {
  const { phase, done, total } = state;
  const isBusy = phase === 'checking' || phase === 'downloading';
  return (
    <div className={classes['setup']}>
      <div className={classes['row']}>
        <div className={classes['rowText']}>
          <div aria-live="polite">{statusText(state)}</div>
          <div className={classes['help']}>{feed}</div>
        </div>
        {phase === 'ready' ? null : (
          <>
            <Button variant="default" disabled={isBusy} onClick={() => ask({ act: 'setFeed', feed: null })}>
              {words.turnOff}
            </Button>
            {phase === 'downloading' ? (
              <Button variant="default" onClick={() => ask({ act: 'cancel' })}>
                {words.cancel}
              </Button>
            ) : phase === 'available' ? (
              <Button onClick={() => ask({ act: 'download' })}>{words.download}</Button>
            ) : (
              <Button variant="default" loading={phase === 'checking'} onClick={() => ask({ act: 'check' })}>
                {words.check}
              </Button>
            )}
          </>
        )}
      </div>
      {phase === 'downloading' ? (
        <Progress aria-label={words.progress} value={total ? (100 * (done ?? 0)) / total : 0} size="sm" />
      ) : null}
    </div>
  );
}

function statusText({ phase, version, done, total, error }: UpdateState): string {
  const size = total === null ? null : formatBytes(total);
  switch (phase) {
    case 'idle':
      return words.idle;
    case 'checking':
      return words.checking;
    case 'current':
      return words.current;
    case 'available':
      return words.available(version ?? '', size);
    case 'downloading':
      return words.downloading(version ?? '', formatBytes(done ?? 0), size);
    case 'ready':
      return words.ready(version ?? '');
    case 'failed':
      return error ?? words.failed;
  }
}
