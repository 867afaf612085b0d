import { Checkbox, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { matchesWords } from '../../components/table/match-words.ts';
import { useGrowingList } from '../../components/table/use-growing-list.ts';
import { studiesStrings } from '../../strings/studies.ts';
import classes from './studies.module.css';

const strings = studiesStrings.form;
/** Above this number of adapters, a search field appears. */
const filterFrom = 8;

interface AdapterChoiceProps {
  adapters: readonly AdapterRecord[];
  chosen: readonly string[];
  onChange: (ids: readonly string[]) => void;
  /** Purpose of the choice: next to the heading, for screen readers, and in the empty state. */
  words: { readonly note: string; readonly label: string; readonly none: string };
}

/** The adapters to choose from, found by any words of their names. */
export function AdapterChoice({ adapters, chosen, onChange, words }: AdapterChoiceProps) {
  const [filter, setFilter] = useState('');
  const found = adapters.filter(({ name }) => matchesWords(name, filter));
  const { drawn, end } = useGrowingList(found.length);
  return (
    <Panel title={strings.adapters} note={`${words.note} · ${strings.chosen(chosen.length, adapters.length)}`}>
      <Stack gap={8}>
        {adapters.length > filterFrom ? (
          <TextInput
            aria-label={strings.filter}
            placeholder={strings.filter}
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
        ) : null}
        <Checkbox.Group value={[...chosen]} onChange={onChange} aria-label={words.label}>
          <Stack gap={4} className={classes['adapters'] ?? ''}>
            {found.slice(0, drawn).map((adapter) => (
              <Checkbox key={adapter.id} value={adapter.id} label={adapter.name} />
            ))}
            {end === null ? null : <div ref={end} className={classes['listEnd']} />}
          </Stack>
        </Checkbox.Group>
        {found.length === 0 ? (
          <Text size="sm" c="dimmed">
            {adapters.length === 0 ? words.none : strings.noMatch}
          </Text>
        ) : null}
      </Stack>
    </Panel>
  );
}
