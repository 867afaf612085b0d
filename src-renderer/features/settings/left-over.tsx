import { Button } from '@mantine/core';
import type { Stray } from '../../../src-shared/domain/app/catalog.ts';
import { useAction } from '../../api/query.ts';
import { confirmRemoval } from '../../components/feedback/confirm.tsx';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { formatBytes } from '../../components/format/format.ts';
import { Facts, Panel } from '../../components/layout/panel.tsx';
import { settingsStrings } from '../../strings/settings.ts';

const words = settingsStrings.leftOver;

/** Folders in the home that nothing in the studio names, and a button that deletes them. */
export function LeftOver({ strays, onDeleted }: { strays: readonly Stray[]; onDeleted: () => void }) {
  const remove = useAction('app.removeStrays', {
    failureTitle: words.failed,
    onSuccess: ({ freedBytes }) => {
      notifySuccess(words.deleted, words.freed(formatBytes(freedBytes)));
      onDeleted();
    },
  });
  if (strays.length === 0) return null;
  const bytes = strays.reduce((sum, stray) => sum + stray.bytes, 0);
  return (
    <Panel
      title={words.title}
      note={words.note}
      aside={
        <Button
          variant="default"
          size="xs"
          loading={remove.isPending}
          onClick={() =>
            confirmRemoval({
              question: words.question(strays.map(({ path }) => path)),
              consequence: words.consequence(strays.length),
              freedBytes: bytes,
              verb: words.verb,
              onConfirm: () => remove.mutate({}),
            })
          }
        >
          {words.button}
        </Button>
      }
    >
      <Facts items={strays.map((stray) => ({ label: stray.path, value: formatBytes(stray.bytes) }))} />
    </Panel>
  );
}
