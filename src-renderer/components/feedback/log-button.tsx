import { Button } from '@mantine/core';
import { appStrings } from '../../strings/app.ts';
import { notifyFailure } from './notify.tsx';

/** Opens the folder of the log files, so that one can be sent with a report of an error. */
export function LogButton() {
  const show = () => {
    window.coto.showLogs().catch((error: unknown) => notifyFailure(error));
  };
  return (
    <Button variant="default" size="xs" onClick={show}>
      {appStrings.openLogs}
    </Button>
  );
}
