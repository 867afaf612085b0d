import { VisuallyHidden } from '@mantine/core';
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import type { Header } from '@tanstack/react-table';
import type { DataColumn } from './data-column.ts';
import classes from './data-table.module.css';
import { headerStyle } from './header-style.ts';

interface HeaderCellProps<Item> {
  header: Header<Item, unknown>;
  column: DataColumn<Item> | undefined;
}

/** The head of a column: its name and unit, and the button that sorts by it. */
export function HeaderCell<Item>({ header, column }: HeaderCellProps<Item>) {
  const sorted = header.column.getIsSorted();
  const text = (
    <span className={classes['heading']}>
      {column?.headHidden ? <VisuallyHidden>{column.header}</VisuallyHidden> : column?.header}
      {column?.unit ? <span className={classes['unit']}> {column.unit}</span> : null}
    </span>
  );
  return (
    <th
      title={column?.help ?? (column?.headHidden ? column.header : undefined)}
      data-align={column?.align}
      data-mark={column?.headHidden}
      aria-sort={sorted === 'asc' ? 'ascending' : sorted === 'desc' ? 'descending' : 'none'}
      style={column?.width ? { ...headerStyle, width: column.width, minWidth: column.width } : headerStyle}
    >
      {column?.sortable === false ? (
        text
      ) : (
        <button type="button" className={classes['sort']} onClick={header.column.getToggleSortingHandler()}>
          {text}
          <span className={classes['arrow']} data-shown={sorted !== false || undefined} aria-hidden>
            {sorted === 'desc' ? <IconArrowDown size={12} /> : <IconArrowUp size={12} />}
          </span>
        </button>
      )}
    </th>
  );
}
