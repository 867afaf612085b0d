import { ActionIcon, Button, Group, Popover, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { IconNote, IconPencil, IconTag } from '@tabler/icons-react';
import { memo, useState } from 'react';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { useAction } from '../../../api/query.ts';
import { useRename } from '../../../components/actions/use-rename.ts';
import { StatusMark } from '../../../components/feedback/status-mark.tsx';
import { TagsInput } from '../../../components/form/choices.tsx';
import { RelativeTime } from '../../../components/format/relative-time.tsx';
import { appStrings } from '../../../strings/app.ts';
import { runStrings as words } from '../../../strings/run.ts';
import { CotoMark } from '../list/coto-mark.tsx';

const failureTitle = words.actions.notChanged;

/** The state line of a run's page. */
export function RunState({ run }: { run: RunRecord }) {
  return (
    // Room for the frame of what has the focus: the line cuts what stands out.
    <Group gap={12} wrap="nowrap" p={3}>
      <RenameButton key={run.name} run={run} />
      <StatusMark status={run.status} />
    </Group>
  );
}

function RenameButton({ run }: { run: RunRecord }) {
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState(run.name);
  const update = useAction('runs.update', { failureTitle, onSuccess: () => setOpen(false) });
  useRename(appStrings.renames.run, [run], run.id, () => setOpen(true));
  const wished = name.trim();
  const save = () => {
    if (wished === run.name) setOpen(false);
    else if (wished !== '') update.mutate({ id: run.id, name: wished });
  };
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-start" trapFocus withinPortal shadow="md">
      <Popover.Target>
        <ActionIcon size={24} aria-label={words.rename} onClick={() => setOpen(!isOpen)}>
          <IconPencil size={14} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            save();
          }}
        >
          <Group gap={8} align="flex-end">
            <TextInput
              label={words.name}
              w={320}
              value={name}
              data-autofocus
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <Button type="submit" disabled={wished === ''} loading={update.isPending}>
              {words.save}
            </Button>
          </Group>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

/** Method, age, tags and note of a run in one row; tags and note are edited in place. */
export const RunNotes = memo(function RunNotes({ run }: { run: RunRecord }) {
  return (
    <Group gap={12} wrap="nowrap" mih={28}>
      <CotoMark on={run.config.coto !== null} />
      <Text c="dimmed" flex="none">
        <RelativeTime at={run.createdAt} />
      </Text>
      <TagsButton run={run} />
      <NoteButton key={run.note} run={run} />
    </Group>
  );
});

function TagsButton({ run }: { run: RunRecord }) {
  const update = useAction('runs.update', { failureTitle });
  const label = run.tags.length === 0 ? words.addTag : run.tags.join(', ');
  return (
    <Popover position="bottom-start" trapFocus withinPortal shadow="md">
      <Popover.Target>
        <Button variant="subtle" size="compact-sm" px={4} color="gray" leftSection={<IconTag size={14} />} flex="none">
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <TagsInput
          label={words.tags}
          w={320}
          comboboxProps={{ withinPortal: false }}
          value={run.tags}
          onChange={(tags) => update.mutate({ id: run.id, tags })}
        />
      </Popover.Dropdown>
    </Popover>
  );
}

function NoteButton({ run }: { run: RunRecord }) {
  const [isOpen, setOpen] = useState(false);
  const [note, setNote] = useState(run.note);
  const update = useAction('runs.update', { failureTitle, onSuccess: () => setOpen(false) });
  const save = () => {
    if (note === run.note) setOpen(false);
    else update.mutate({ id: run.id, note });
  };
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-start" trapFocus withinPortal shadow="md">
      <Popover.Target>
        <Button
          variant="subtle"
          size="compact-sm"
          px={4}
          color="gray"
          leftSection={<IconNote size={14} />}
          styles={{ root: { minWidth: 0 } }}
          title={run.note}
          onClick={() => setOpen(!isOpen)}
        >
          {run.note === '' ? words.addNote : <Text truncate>{run.note.split('\n')[0]}</Text>}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap={8} w={420}>
          <Textarea
            label={words.note}
            autosize
            minRows={3}
            maxRows={12}
            value={note}
            data-autofocus
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button onClick={save} loading={update.isPending}>
              {words.save}
            </Button>
          </Group>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
