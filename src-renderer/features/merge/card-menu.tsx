import { ActionIcon, Menu } from '@mantine/core';
import { IconDots, IconTrash } from '@tabler/icons-react';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import { useAction } from '../../api/query.ts';
import { confirmRemoval } from '../../components/feedback/confirm.tsx';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { formatBytes } from '../../components/format/format.ts';
import { mergeStrings } from '../../strings/merge.ts';
import { AdapterItems } from './adapter-items.tsx';

/** What can be done with an adapter on the shelf. Its button is reached by the arrow key from the card. */
export function CardMenu({ adapter }: { adapter: AdapterRecord }) {
  const remove = useAction('adapters.remove', {
    failureTitle: mergeStrings.notRemoved,
    onSuccess: ({ freedBytes }) => notifySuccess(mergeStrings.removed, mergeStrings.freed(formatBytes(freedBytes))),
  });
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon size={24} tabIndex={-1} aria-label={mergeStrings.more(adapter.name)}>
          <IconDots size={14} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <AdapterItems adapter={adapter} />
        <Menu.Item
          color="red"
          leftSection={<IconTrash size={16} />}
          onClick={() =>
            confirmRemoval({
              what: mergeStrings.removal(adapter.name),
              consequence: mergeStrings.removalConsequence,
              freedBytes: adapter.sizeBytes,
              onConfirm: () => remove.mutate({ id: adapter.id }),
            })
          }
        >
          {mergeStrings.remove}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
