import { Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import classes from './filtered-list.module.css';
import { ItemList, type ListItem } from './item-list.tsx';
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
