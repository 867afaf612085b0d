import { ActionIcon, Menu } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { IconColumns3 } from '@tabler/icons-react';
import { useMemo } from 'react';
import { tableStrings } from '../../strings/table.ts';
import type { DataColumn } from './data-column.ts';
import classes from './data-table.module.css';

interface ChosenColumns<Item> {
  /** Chosen columns, in the order of all columns. */
  columns: readonly DataColumn<Item>[];
  isChosen: (id: string) => boolean;
  toggle: (id: string) => void;
  reset: () => void;
}

/** Stores the columns that a table shows: the `usual` ones until the user chooses others, remembered by name. */
export function useChosenColumns<Item>(
  name: string,
  all: readonly DataColumn<Item>[],
  usual: readonly string[],
): ChosenColumns<Item> {
  const [changes, setChanges, removeChanges] = useLocalStorage<Record<string, boolean>>({
    key: `coto-columns-${name}`,
    defaultValue: {},
    getInitialValueInEffect: false,
  });
  const isChosen = (id: string) => changes[id] ?? usual.includes(id);
  return {
    columns: useMemo(() => all.filter(({ id }) => isChosen(id)), [all, changes]),
    isChosen,
    toggle: (id) => setChanges((known) => ({ ...known, [id]: !isChosen(id) })),
    reset: removeChanges,
  };
}

interface ColumnChooserProps<Item> {
  all: readonly DataColumn<Item>[];
  chosen: ChosenColumns<Item>;
  /** Columns that cannot be hidden. */
  fixed: readonly string[];
}

/** The button that opens the list of a table's columns. */
export function ColumnChooser<Item>({ all, chosen, fixed }: ColumnChooserProps<Item>) {
  return (
    <Menu closeOnItemClick={false}>
      <Menu.Target>
        <ActionIcon aria-label={tableStrings.columns} title={tableStrings.columns} variant="default">
          <IconColumns3 size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown mah={420} className={classes['chooser'] ?? ''}>
        {all
          .filter(({ id }) => !fixed.includes(id))
          .map((column) => (
            <Menu.CheckboxItem
              key={column.id}
              checked={chosen.isChosen(column.id)}
              onChange={() => chosen.toggle(column.id)}
            >
              {column.header}
            </Menu.CheckboxItem>
          ))}
        <Menu.Divider />
        <Menu.Item onClick={chosen.reset}>{tableStrings.usualColumns}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
