import { useDraggable } from '@dnd-kit/core';
import { ActionIcon, Menu, Skeleton, Text, TextInput, Tooltip } from '@mantine/core';
import { IconDots, IconPlus, IconSearch, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import { useAction } from '../../api/query.ts';
import { confirmRemoval } from '../../components/feedback/confirm.tsx';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { formatBytes } from '../../components/format/format.ts';
import { AdapterCardBody, type AdapterNames } from './adapter-card.tsx';
import { AdapterItems } from './adapter-items.tsx';
import { addToBench, filterAdapters } from './bench.ts';
import { changeBench, useBench } from './bench-store.ts';
import classes from './merge.module.css';

interface ShelfProps {
  adapters: readonly AdapterRecord[] | undefined;
  namesOf: (adapter: AdapterRecord) => AdapterNames;
}

/** Every adapter as a card that can be dragged onto the bench, or put there by Enter. */
export function Shelf({ adapters, namesOf }: ShelfProps) {
  const [search, setSearch] = useState('');
  const { bench } = useBench();
  const onBench = new Set(bench.map((item) => item.adapterId));
  const shown = filterAdapters(adapters ?? [], search);
  return (
    <div className={classes['shelf']}>
      <TextInput
        aria-label="Filter the adapters"
        placeholder="Filter by name, data, CoTo, r 4 …"
        leftSection={<IconSearch size={14} />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      {adapters ? (
        <ul className={classes['cards']} aria-label="Adapter shelf">
          {shown.map((adapter) => (
            <ShelfCard
              key={adapter.id}
              adapter={adapter}
              names={namesOf(adapter)}
              isOnBench={onBench.has(adapter.id)}
            />
          ))}
        </ul>
      ) : (
        <Skeleton h={240} />
      )}
      {adapters && shown.length === 0 ? (
        <Text size="sm" c="dimmed" ta="center">
          No adapter has these words.
        </Text>
      ) : null}
    </div>
  );
}

function ShelfCard({ adapter, names, isOnBench }: { adapter: AdapterRecord; names: AdapterNames; isOnBench: boolean }) {
  const { listeners, setNodeRef, isDragging } = useDraggable({ id: adapter.id });
  const add = () => changeBench((bench) => addToBench(bench, adapter.id));
  return (
    <li
      ref={setNodeRef}
      {...listeners}
      className={classes['card']}
      data-dragging={isDragging || undefined}
      data-used={isOnBench || undefined}
      aria-label={adapter.name}
      aria-roledescription="adapter card: Enter puts it on the merge bench"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the card itself is dragged, and Enter does the same by keyboard
      tabIndex={0}
      onKeyDown={(event) => {
        if (event.target !== event.currentTarget || (event.key !== 'Enter' && event.key !== ' ')) return;
        event.preventDefault();
        add();
      }}
    >
      <AdapterCardBody adapter={adapter} names={names} />
      <div className={classes['cardTools']} onPointerDown={(event) => event.stopPropagation()}>
        <Tooltip label={isOnBench ? 'On the bench' : 'Add to the bench'}>
          <ActionIcon size={24} aria-label={`Add ${adapter.name} to the bench`} disabled={isOnBench} onClick={add}>
            <IconPlus size={14} />
          </ActionIcon>
        </Tooltip>
        <CardMenu adapter={adapter} />
      </div>
    </li>
  );
}

function CardMenu({ adapter }: { adapter: AdapterRecord }) {
  const remove = useAction('adapters.remove', {
    failureTitle: 'The adapter was not removed',
    onSuccess: ({ freedBytes }) => notifySuccess('Adapter removed', `${formatBytes(freedBytes)} freed`),
  });
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon size={24} aria-label={`More for ${adapter.name}`}>
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
              what: `the adapter "${adapter.name}"`,
              consequence: 'Deletes the adapter from the library. Exported copies are kept.',
              freedBytes: adapter.sizeBytes,
              onConfirm: () => remove.mutate({ id: adapter.id }),
            })
          }
        >
          Remove
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
