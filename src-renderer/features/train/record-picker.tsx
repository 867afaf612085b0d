import { Badge, Group, Modal, ScrollArea, Stack, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useState } from 'react';
import { Link } from '../../app/routes.tsx';
import { matchesWords } from '../../components/table/match-words.ts';
import { ownFirst } from '../../components/table/own-first.ts';
import { trainStrings } from '../../strings/train.ts';
import classes from './train.module.css';

interface PickedRecord {
  readonly id: string;
  readonly name: string;
  readonly bundled: boolean;
  readonly detail: string;
  /** Said beside it; it can be chosen all the same. */
  readonly note: string | null;
  /** Reason why the record is disabled; null: it can be chosen. */
  readonly reason: string | null;
}

interface RecordPickerProps {
  opened: boolean;
  onClose: () => void;
  title: string;
  /** Placeholder of the filter. */
  filter: string;
  items: readonly PickedRecord[];
  chosen: string | null;
  onChoose: (id: string) => void;
  add: { readonly label: string; readonly to: string };
}

/** A choice among the studio's records: what fits first, one's own before the bundled, the rest grey with the reason. */
export function RecordPicker(props: RecordPickerProps) {
  const { opened, onClose, title, filter, items, chosen, onChoose, add } = props;
  const [words, setWords] = useState('');
  const close = () => {
    setWords('');
    onClose();
  };
  const found = ownFirst(items).filter(({ name, detail }) => matchesWords(`${name} ${detail}`, words));
  const sorted = [...found.filter(({ reason }) => reason === null), ...found.filter(({ reason }) => reason !== null)];
  return (
    <Modal opened={opened} onClose={close} title={title} size="lg">
      <Stack gap={8}>
        <TextInput
          aria-label={filter}
          placeholder={filter}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
          data-autofocus
        />
        <ScrollArea.Autosize mah={420}>
          <ul className={classes['records']} aria-label={title}>
            {sorted.map((item) => (
              <li key={item.id}>
                <UnstyledButton
                  className={classes['record'] ?? ''}
                  aria-pressed={item.id === chosen}
                  disabled={item.reason !== null}
                  onClick={() => {
                    onChoose(item.id);
                    close();
                  }}
                >
                  <Group gap={8} wrap="nowrap" justify="space-between">
                    <span className={classes['recordName']}>{item.name}</span>
                    {item.bundled ? <Badge color="gray">{trainStrings.bundled}</Badge> : null}
                  </Group>
                  <span className={classes['recordDetail']}>{item.detail}</span>
                  {item.reason === null && item.note === null ? null : (
                    <span className={classes['recordReason']}>{item.reason ?? item.note}</span>
                  )}
                </UnstyledButton>
              </li>
            ))}
          </ul>
          {sorted.length === 0 ? (
            <Text c="dimmed" p={8}>
              {trainStrings.noMatch}
            </Text>
          ) : null}
        </ScrollArea.Autosize>
        <Link to={add.to}>{add.label}</Link>
      </Stack>
    </Modal>
  );
}
