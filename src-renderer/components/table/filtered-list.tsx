import { Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react';
import classes from './filtered-list.module.css';
import itemClasses from './item-list.module.css';
import { matchesWords } from './match-words.ts';

interface FilteredListProps {
  label: string;
  /** Placeholder of the filter, and its name. */
  filter: string;
  /** Said where no item has all words. */
  noMatch: string;
  items: readonly (ListItem & { readonly detail: string })[];
  activeId: string | null;
  onActivate: (id: string) => void;
}

/** From so many items on, a filter is worth its line. */
const filteredFrom = 6;

/** A list with a filter above it: every word must be in the title or the detail. */
export function FilteredList({ label, filter, noMatch, items, activeId, onActivate }: FilteredListProps) {
  const [words, setWords] = useState('');
  const shown = items.filter(({ title, detail }) => matchesWords(`${title} ${detail}`, words));
  return (
    <>
      {items.length >= filteredFrom || words !== '' ? (
        <div className={classes['filter']}>
          <TextInput
            aria-label={filter}
            placeholder={filter}
            leftSection={<IconSearch size={14} />}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setWords('');
            }}
          />
        </div>
      ) : null}
      <ItemList label={label} items={shown} activeId={activeId} onActivate={onActivate} />
      {shown.length === 0 && words !== '' ? (
        <Text size="sm" c="dimmed" px={16}>
          {noMatch}
        </Text>
      ) : null}
    </>
  );
}

interface ListItem {
  id: string;
  title: string;
  /** Second line in grey. */
  detail: ReactNode;
  /** Right end of the first line. */
  note?: ReactNode;
}

interface ItemListProps {
  label: string;
  items: readonly ListItem[];
  activeId: string | null;
  onActivate: (id: string) => void;
}

/** The list on the left of a list-and-detail page: arrows move the choice, the detail follows. */
function ItemList({ label, items, activeId, onActivate }: ItemListProps) {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const focused = event.target instanceof HTMLElement ? event.target.dataset['id'] : undefined;
    const next = items[items.findIndex((item) => item.id === (focused ?? activeId)) + step];
    if (!next) return;
    onActivate(next.id);
    list.current?.querySelector<HTMLElement>(`[data-id="${CSS.escape(next.id)}"]`)?.focus();
  };
  return (
    <div
      ref={list}
      className={itemClasses['list']}
      role="listbox"
      aria-label={label}
      tabIndex={-1}
      onKeyDown={onKeyDown}
    >
      {items.map((item) => (
        <div
          key={item.id}
          role="option"
          data-id={item.id}
          aria-selected={item.id === activeId}
          tabIndex={item.id === activeId ? 0 : -1}
          className={itemClasses['item']}
          onClick={() => onActivate(item.id)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') onActivate(item.id);
          }}
        >
          <span className={itemClasses['title']}>{item.title}</span>
          <span className={itemClasses['note']}>{item.note}</span>
          <span className={itemClasses['detail']}>{item.detail}</span>
        </div>
      ))}
    </div>
  );
}
