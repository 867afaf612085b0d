import { Button } from '@mantine/core';
import { queryClient, requestKey, useAction, useRequest } from '../../api/query.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { settingsStrings } from '../../strings/settings.ts';
import classes from './settings.module.css';

const words = settingsStrings.unreadable;

/** Entries of the database that no list shows as they cannot be read, each with its reason; nothing where there are none. */
export function UnreadableRows() {
  const rows = useRequest('app.unreadable', {});
  const remove = useAction('app.deleteUnreadable', {
    failureTitle: words.notDeleted,
    onSuccess: () => void queryClient.invalidateQueries({ queryKey: requestKey('app.unreadable', {}) }),
  });
  if (rows.data === undefined || rows.data.length === 0) return null;
  return (
    <Panel title={words.title} note={words.note}>
      {rows.data.map(({ kind, id, reason }) => (
        <div key={`${kind} ${id}`} className={classes['row']}>
          <div className={classes['rowText']}>
            <div>{words.entry(kind, id)}</div>
            <div className={classes['help']}>{reason}</div>
          </div>
          <Button variant="default" loading={remove.isPending} onClick={() => remove.mutate({ id })}>
            {words.delete}
          </Button>
        </div>
      ))}
    </Panel>
  );
}
