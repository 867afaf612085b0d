import { ActionIcon, Menu } from '@mantine/core';
import { IconDots, IconTrash } from '@tabler/icons-react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { adaptersStrings } from '../../strings/adapters.ts';
import { mergeStrings } from '../../strings/merge.ts';
import { useDeleteAdapter } from '../adapters/use-delete-adapter.ts';
import { AdapterItems } from './adapter-items.tsx';

/** Menu of an adapter in the list. The arrow key moves from the card to its button. */
export function CardMenu({ adapter }: { adapter: AdapterRecord }) {
  const deleteAdapter = useDeleteAdapter();
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
          color="var(--studio-failure)"
          leftSection={<IconTrash size={16} />}
          onClick={() => deleteAdapter(adapter)}
        >
          {adaptersStrings.delete}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
