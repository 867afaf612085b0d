import { useDraggable } from '@dnd-kit/core';
import { ActionIcon, Chip, Group, Menu, Skeleton, Text, TextInput, Tooltip } from '@mantine/core';
import { IconDots, IconPlus, IconSearch, IconTrash } from '@tabler/icons-react';
import { Fragment, type KeyboardEvent, useMemo, useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { firstOfGroups, useGrowingList } from '../../components/table/use-growing-list.ts';
import { useRoving } from '../../components/use-roving.ts';
import { adaptersStrings } from '../../strings/adapters.ts';
import { mergeStrings } from '../../strings/merge.ts';
import { useDeleteAdapter } from '../adapters/use-delete-adapter.ts';
import { AdapterCardBody, type AdapterNames } from './adapter-card.tsx';
import { AdapterItems } from './adapter-items.tsx';
import { addToBench } from './bench.ts';
import { changeBench, useBench } from './bench-store.ts';
import classes from './merge.module.css';
import { shelfGroups, toggleFilter, usefulFilters } from './shelf-groups.ts';

interface ShelfProps {
  adapters: readonly AdapterRecord[] | undefined;
  namesOf: (adapter: AdapterRecord) => AdapterNames;
}

/** Every adapter as a card, by base, that can be dragged onto the bench, or put there by Enter. */
export function Shelf({ adapters, namesOf }: ShelfProps) {
  const [search, setSearch] = useState('');
  const [filters, setFilters] = useState<readonly string[]>([]);
  const { bench } = useBench();
  const benchIds = useMemo(() => new Set(bench.map((item) => item.adapterId)), [bench]);
  const onBench = useMemo(() => (adapters ?? []).filter(({ id }) => benchIds.has(id)), [adapters, benchIds]);
  const chips = useMemo(() => usefulFilters(adapters ?? [], onBench), [adapters, onBench]);
  // A chip that tells nothing apart is not shown, and must not filter unseen.
  const active = filters.filter((id) => chips.some((chip) => chip.id === id));
  const groups = shelfGroups(adapters ?? [], { search, filters: active, bench: onBench }, namesOf);
  const total = groups.reduce((sum, group) => sum + group.adapters.length, 0);
  const { drawn, end } = useGrowingList(total);
  const sizes = new Map(groups.map((group) => [group.base, group.adapters.length]));
  const inSight = firstOfGroups(groups, drawn);
  const roving = useRoving(inSight.flatMap((group) => group.adapters.map(({ id }) => id)));
  return (
    <div className={classes['shelf']}>
      <TextInput
        aria-label={mergeStrings.filterLabel}
        placeholder={mergeStrings.filter}
        leftSection={<IconSearch size={14} />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
      />
      {chips.length > 0 ? (
        <Group gap={4} role="group" aria-label={mergeStrings.filters}>
          {chips.map(({ id, label }) => (
            <Chip
              key={id}
              size="xs"
              variant="outline"
              checked={active.includes(id)}
              onChange={() => setFilters(toggleFilter(active, id))}
            >
              {label}
            </Chip>
          ))}
        </Group>
      ) : null}
      {adapters ? (
        <ul className={classes['cards']} aria-label={mergeStrings.shelf} onKeyDown={roving.onKeyDown}>
          {inSight.map((group) => (
            <Fragment key={group.base}>
              <li aria-hidden className={classes['groupHead']}>
                <span className={classes['base']} style={{ background: group.color }} />
                <span className={classes['groupName']} title={group.base}>
                  {group.base}
                </span>
                <span>{sizes.get(group.base)}</span>
              </li>
              {group.adapters.map((adapter) => (
                <ShelfCard
                  key={adapter.id}
                  adapter={adapter}
                  names={namesOf(adapter)}
                  isOnBench={benchIds.has(adapter.id)}
                  itemProps={roving.itemProps(adapter.id)}
                />
              ))}
            </Fragment>
          ))}
          {end === null ? null : <li ref={end} aria-hidden className={classes['listEnd']} />}
        </ul>
      ) : (
        <Skeleton h={240} />
      )}
      {adapters && groups.length === 0 ? (
        <Text size="sm" c="dimmed" ta="center">
          {mergeStrings.noMatch}
        </Text>
      ) : null}
    </div>
  );
}

interface ShelfCardProps {
  adapter: AdapterRecord;
  names: AdapterNames;
  isOnBench: boolean;
  itemProps: ReturnType<ReturnType<typeof useRoving>['itemProps']>;
}

function ShelfCard({ adapter, names, isOnBench, itemProps }: ShelfCardProps) {
  const { listeners, setNodeRef, isDragging } = useDraggable({ id: adapter.id });
  const add = () => changeBench((bench) => addToBench(bench, adapter.id));
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    if (event.target !== event.currentTarget) {
      if (event.key === 'ArrowLeft') event.currentTarget.focus();
      return;
    }
    if (event.key === 'ArrowRight') event.currentTarget.querySelector<HTMLElement>('[aria-haspopup]')?.focus();
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    add();
  };
  return (
    <li
      ref={setNodeRef}
      {...listeners}
      className={classes['card']}
      data-dragging={isDragging || undefined}
      data-used={isOnBench || undefined}
      aria-label={adapter.name}
      aria-roledescription={mergeStrings.cardHint}
      {...itemProps}
      onKeyDown={onKeyDown}
    >
      <AdapterCardBody adapter={adapter} names={names} grouped />
      <div className={classes['cardTools']} onPointerDown={(event) => event.stopPropagation()}>
        <Tooltip label={isOnBench ? mergeStrings.onBench : mergeStrings.addTip}>
          <ActionIcon
            size={24}
            tabIndex={-1}
            aria-label={mergeStrings.add(adapter.name)}
            disabled={isOnBench}
            onClick={add}
          >
            <IconPlus size={14} />
          </ActionIcon>
        </Tooltip>
        <CardMenu adapter={adapter} />
      </div>
    </li>
  );
}

/** Menu of an adapter in the list. The arrow key moves from the card to its button. */
function CardMenu({ adapter }: { adapter: AdapterRecord }) {
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
