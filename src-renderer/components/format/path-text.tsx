import { ActionIcon, Tooltip } from '@mantine/core';
import { IconFolder } from '@tabler/icons-react';
import { pathLabel } from '../../../src-shared/contract/paths.ts';
import { appStrings } from '../../strings/app.ts';
import { notifyFailure } from '../feedback/notify.tsx';
import { CopyButton } from './copy-button.tsx';
import classes from './text.module.css';

/** A path on disk, or the token of one: monospaced, to copy, and to show in the system's file manager. */
export function PathText({ path }: { path: string }) {
  const show = () => {
    window.coto.showInFolder(path).catch((error: unknown) => notifyFailure(error));
  };
  return (
    <span className={classes['path']}>
      <code className={classes['code']}>{pathLabel(path)}</code>
      <CopyButton text={pathLabel(path)} label={appStrings.copyPath} />
      <Tooltip label={appStrings.showInFolder}>
        <ActionIcon size={20} aria-label={appStrings.showInFolder} onClick={show}>
          <IconFolder size={14} />
        </ActionIcon>
      </Tooltip>
    </span>
  );
}

/** A hash: its first twelve characters, all of it on hover and when copied. */
export function HashText({ hash }: { hash: string }) {
  return (
    <span className={classes['path']}>
      <code className={classes['code']} title={hash}>
        {hash.slice(0, 12)}
      </code>
      <CopyButton text={hash} label={appStrings.copyHash} />
    </span>
  );
}
