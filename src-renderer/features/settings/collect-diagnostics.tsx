import { Button, Group, Modal, Skeleton } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { useState } from 'react';
import { pathLabel } from '../../../src-shared/contract/paths.ts';
import { useRequest } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { settingsStrings } from '../../strings/settings.ts';
import classes from './settings.module.css';

const words = settingsStrings.diagnostics;

/** A button that shows what would be sent with a report of an error, to be read before it is copied or saved. */
export function CollectDiagnostics() {
  const [isOpen, setOpen] = useState(false);
  const collected = useRequest('app.diagnostics', {}, { enabled: isOpen });
  const clipboard = useClipboard({ timeout: 1500 });
  // The backend's Node has no Electron: the window says its own.
  const text = collected.data ? `${words.window(window.coto.versions)}\n\n${collected.data.text}` : null;
  const save = async () => {
    if (text === null) return;
    try {
      const path = await window.coto.dialogs.saveText(text, {
        title: words.title,
        defaultName: 'coto-diagnostics.txt',
      });
      if (path !== null) notifySuccess(words.saved, pathLabel(path));
    } catch (error) {
      notifyFailure(error, words.notSaved);
    }
  };
  return (
    <>
      <Button variant="default" onClick={() => setOpen(true)}>
        {words.collect}
      </Button>
      <Modal opened={isOpen} onClose={() => setOpen(false)} title={words.title} size="xl">
        <p className={classes['help']}>{words.note}</p>
        {collected.error ? <ErrorNote error={collected.error} /> : null}
        {text === null ? (
          collected.error ? null : (
            <Skeleton height={320} />
          )
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a long text is scrolled by the keyboard
          <section className={classes['diagnostics']} tabIndex={0} aria-label={words.title}>
            {text}
          </section>
        )}
        <Group justify="flex-end" mt="md">
          <Button variant="default" disabled={text === null} onClick={() => clipboard.copy(text ?? '')}>
            {clipboard.copied ? words.copied : words.copy}
          </Button>
          <Button disabled={text === null} onClick={() => void save()}>
            {words.save}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
