import {
  ActionIcon,
  Button,
  Group,
  Kbd,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
  UnstyledButton,
  VisuallyHidden,
} from '@mantine/core';
import { IconArrowBackUp, IconSearch } from '@tabler/icons-react';
import { type KeyboardEvent, useEffect, useState } from 'react';
import { combinations, isSafeWhileTyping, keyFileName } from '../../src-shared/key-file.ts';
import { menuHeardIds } from '../../src-shared/menu-commands.ts';
import { useRequest } from '../api/query.ts';
import type { StudioAction } from '../components/actions/action-registry.ts';
import { readKeyFile, saveKeyFile, saveKeys, useKeyFile } from '../components/actions/changed-keys.ts';
import { keysOf, pressedCombination } from '../components/actions/shortcut.ts';
import { notifyFailure, notifyWarning } from '../components/feedback/notify.tsx';
import { hasWords, searchWords } from '../components/table/match-words.ts';
import { appStrings } from '../strings/app.ts';
import classes from './frame.module.css';
import { placeTitle, type ShortcutRow, shortcutRows, unknownLines } from './shortcut-rows.ts';

const words = appStrings.keys;

interface ShortcutListProps {
  readonly actions: readonly StudioAction[];
  /** The page that is shown. */
  readonly page: string;
}

/** Every action with its keys: searched, changed by pressing others, reset; with conflicts and the lines of no effect. */
export function ShortcutList({ actions, page }: ShortcutListProps) {
  const file = useKeyFile((state) => state.file);
  const home = useRequest('app.doctor', {}).data?.home;
  const [search, setSearch] = useState('');
  const [recorded, setRecorded] = useState<string | null>(null);
  useEffect(() => void readKeyFile(), []);
  const rows = shortcutRows(actions, page, file);
  const isMac = window.coto.platform === 'darwin';
  const wanted = searchWords(search);
  const found = rows.filter((row) => hasWords(searchText(row, isMac), wanted));
  const places = [...new Set(found.map(({ place }) => place))].toSorted((one, other) => rankOf(one) - rankOf(other));
  const conflicts = rows.filter((row) => row.conflicts.length > 0).length;
  const problems = [...file.problems.map(({ message }) => message), ...unknownLines(rows, file)];
  const save = (row: ShortcutRow, keys: string | null) => {
    setRecorded(null);
    saveKeys(row.id, keys === row.usual ? null : keys).catch((error: unknown) => notifyFailure(error, words.notSaved));
  };
  return (
    <Stack gap={12}>
      <Text c="dimmed">{words.note}</Text>
      <Group gap={8} wrap="nowrap">
        <TextInput
          flex={1}
          data-autofocus
          aria-label={words.search}
          placeholder={words.search}
          leftSection={<IconSearch size={16} />}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
        />
        {home === undefined ? null : (
          <Button
            variant="default"
            disabled={file.lines.size === 0 && file.problems.length === 0}
            onClick={() => {
              window.coto.showInFolder(`${home}/${keyFileName}`).catch((error: unknown) => notifyFailure(error));
            }}
          >
            {words.showFile}
          </Button>
        )}
        <Button
          variant="default"
          disabled={file.keys.size === 0}
          onClick={() => {
            saveKeyFile('').catch((error: unknown) => notifyFailure(error, words.notSaved));
          }}
        >
          {words.resetAll}
        </Button>
      </Group>
      <div role="status">
        {conflicts === 0 ? null : <Text className={classes['keyConflict'] ?? ''}>{words.conflicts(conflicts)}</Text>}
        {problems.length === 0 ? null : (
          <>
            <Text>{words.problems(keyFileName)}</Text>
            <ul className={classes['keyProblems']}>
              {problems.map((problem) => (
                <li key={problem}>{problem}</li>
              ))}
            </ul>
          </>
        )}
      </div>
      {found.length === 0 ? <Text c="dimmed">{words.noneFound}</Text> : null}
      {places.map((place) => (
        <section key={place} aria-label={placeTitle(place)}>
          <Title order={3}>{placeTitle(place)}</Title>
          <Table aria-label={placeTitle(place)} verticalSpacing={4}>
            <Table.Tbody>
              {found
                .filter((row) => row.place === place)
                .map((row) => (
                  <ShortcutLine
                    key={row.id}
                    row={row}
                    isMac={isMac}
                    isRecorded={recorded === row.id}
                    onRecord={(isOn) => setRecorded(isOn ? row.id : null)}
                    onSave={(keys) => save(row, keys)}
                  />
                ))}
            </Table.Tbody>
          </Table>
        </section>
      ))}
    </Stack>
  );
}

interface ShortcutLineProps {
  readonly row: ShortcutRow;
  readonly isMac: boolean;
  readonly isRecorded: boolean;
  onRecord(isOn: boolean): void;
  /** @param keys null for the usual ones */
  onSave(keys: string | null): void;
}

function ShortcutLine({ row, isMac, isRecorded, onRecord, onSave }: ShortcutLineProps) {
  const record = (event: KeyboardEvent) => {
    if (!isRecorded || event.key === 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') onRecord(false);
    else if (event.key === 'Backspace') onSave('');
    else {
      const pressed = pressedCombination(event, isMac);
      if (pressed === null) return;
      if (menuHeardIds.has(row.id) && !isSafeWhileTyping(pressed)) notifyWarning(row.label, words.needsModifier);
      else onSave(pressed);
    }
  };
  return (
    <Table.Tr>
      <Table.Th scope="row" fw="inherit" c="inherit">
        {row.label}
        {row.about === '' ? null : <span className={classes['keyAbout']}> {row.about}</span>}
        {row.conflicts.length === 0 ? null : (
          <div className={classes['keyConflict']}>{words.also(row.conflicts.join(', '))}</div>
        )}
      </Table.Th>
      <Table.Td w={240}>
        {row.isFixed ? (
          <Keys keys={row.keys} isMac={isMac} />
        ) : (
          <UnstyledButton
            className={classes['keyButton'] ?? ''}
            title={isRecorded ? words.pressHelp : words.change(row.label)}
            // Escape ends the recording, not the dialog.
            data-mantine-stop-propagation={isRecorded || undefined}
            data-recorded={isRecorded || undefined}
            onClick={() => onRecord(true)}
            onKeyDown={record}
            onBlur={() => isRecorded && onRecord(false)}
          >
            {isRecorded ? (
              words.press
            ) : (
              <>
                {/* The name of a button has what is seen of it, for people who say it aloud. */}
                <VisuallyHidden>{words.change(row.label)} </VisuallyHidden>
                <Keys keys={row.keys} isMac={isMac} />
              </>
            )}
          </UnstyledButton>
        )}
      </Table.Td>
      <Table.Td w={40}>
        {row.isChanged ? (
          <ActionIcon aria-label={words.reset(row.label)} title={words.reset(row.label)} onClick={() => onSave(null)}>
            <IconArrowBackUp size={16} />
          </ActionIcon>
        ) : null}
      </Table.Td>
    </Table.Tr>
  );
}

function Keys({ keys, isMac }: { keys: string; isMac: boolean }) {
  const all = combinations(keys);
  if (all.length === 0) return <span className={classes['keyAbout']}>{words.none}</span>;
  return all.map((combination, index) => (
    <span key={combination}>
      {index === 0 ? null : <span className={classes['keyAbout']}>, </span>}
      {keysOf(combination, isMac).map((key) => (
        <Kbd key={key} size="xs" mr={4}>
          {key}
        </Kbd>
      ))}
    </span>
  ));
}

/** The page that is shown first, then what is everywhere. */
function rankOf(place: string): number {
  return ['page', 'window'].indexOf(place) === -1 ? 2 : ['page', 'window'].indexOf(place);
}

function searchText({ id, label, about, keys }: ShortcutRow, isMac: boolean): string {
  const printed = combinations(keys).map((combination) => keysOf(combination, isMac).join('+'));
  return [label, about, id, ...printed].join('\n');
}
