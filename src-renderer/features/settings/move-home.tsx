import { Button, Group, Modal, Progress } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { JobProgress } from '../../../src-shared/domain/jobs/job-progress.ts';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { formatCount } from '../../components/format/format.ts';
import { settingsStrings } from '../../strings/settings.ts';
import classes from './settings.module.css';

const words = settingsStrings.moveHome;

/** A button that moves the home to another folder; while it is moved, how far that is, over everything else. */
export function MoveHome() {
  const [isAsked, setAsked] = useState(false);
  const [progress, setProgress] = useState<JobProgress | null>(null);
  useEffect(() => window.coto.home.onProgress(setProgress), []);
  const move = async () => {
    setAsked(true);
    try {
      // After a successful move, the app restarts; until then no request is possible.
      if (await window.coto.home.move({ title: words.choose })) return;
    } catch (error) {
      notifyFailure(error, words.failed);
    }
    setProgress(null);
    setAsked(false);
  };
  return (
    <>
      <Button variant="default" size="xs" loading={isAsked} onClick={() => void move()}>
        {words.button}
      </Button>
      <Modal
        opened={progress !== null}
        onClose={() => undefined}
        withCloseButton={false}
        closeOnEscape={false}
        closeOnClickOutside={false}
        title={words.title}
      >
        {progress === null ? null : (
          <div className={classes['setup']}>
            <div aria-live="polite">
              {words.done(progress.phase, formatCount(progress.done), formatCount(progress.total), progress.unit)}
            </div>
            <Progress
              aria-label={words.progress}
              value={progress.total === 0 ? 0 : (100 * progress.done) / progress.total}
              size="sm"
            />
          </div>
        )}
        <p className={classes['help']}>{words.note}</p>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => window.coto.home.cancelMove()}>
            {words.cancel}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
