import { Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { type ReactNode, useState } from 'react';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { request } from '../../../api/client.ts';
import { notifyFailure } from '../../../components/feedback/notify.tsx';
import { TagsInput } from '../../../components/form/choices.tsx';
import { runsStrings } from '../../../strings/runs.ts';
import { changeRuns } from './change-runs.ts';

/** Asks for another name of a run. */
export function renameRun(run: RunRecord): void {
  openForm(runsStrings.renameTitle, (close) => <RenameForm run={run} onClose={close} />);
}

/** Asks for the tags and the note of a run. */
export function editNotes(run: RunRecord): void {
  openForm(run.name, (close) => <NotesForm run={run} onClose={close} />);
}

/** Asks for tags of several runs. */
export function tagRuns(runs: readonly RunRecord[], known: readonly string[]): void {
  openForm(runsStrings.addTags(runs.length), (close) => <TagsForm runs={runs} known={known} onClose={close} />);
}

function openForm(title: string, form: (close: () => void) => ReactNode): void {
  const dialog = modals.open({ title, children: form(() => modals.close(dialog)) });
}

function change(run: RunRecord, changes: { name?: string; tags?: string[]; note?: string }): void {
  request('runs.update', { id: run.id, ...changes }).catch((error: unknown) =>
    notifyFailure(error, runsStrings.changeFailed),
  );
}

interface FormProps {
  run: RunRecord;
  onClose: () => void;
}

function RenameForm({ run, onClose }: FormProps) {
  const [name, setName] = useState(run.name);
  const trimmed = name.trim();
  return (
    <Form
      onClose={onClose}
      disabled={trimmed === ''}
      onSave={() => {
        if (trimmed !== run.name) change(run, { name: trimmed });
      }}
    >
      <TextInput
        label={runsStrings.nameLabel}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        onFocus={(event) => event.currentTarget.select()}
        data-autofocus
      />
    </Form>
  );
}

function NotesForm({ run, onClose }: FormProps) {
  const [tags, setTags] = useState(run.tags);
  const [note, setNote] = useState(run.note);
  return (
    <Form onClose={onClose} onSave={() => change(run, { tags, note })}>
      <TagsInput label={runsStrings.tagsLabel} value={tags} onChange={setTags} data-autofocus />
      <Textarea
        label={runsStrings.noteLabel}
        autosize
        minRows={3}
        value={note}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </Form>
  );
}

interface TagsFormProps {
  runs: readonly RunRecord[];
  /** Tags that other runs have, to choose from. */
  known: readonly string[];
  onClose: () => void;
}

function TagsForm({ runs, known, onClose }: TagsFormProps) {
  const common = (runs[0]?.tags ?? []).filter((tag) => runs.every((run) => run.tags.includes(tag)));
  const [tags, setTags] = useState(common);
  const save = () => {
    const gone = new Set(common.filter((tag) => !tags.includes(tag)));
    void changeRuns(
      runs,
      (run) => ({ tags: [...new Set([...run.tags.filter((tag) => !gone.has(tag)), ...tags])] }),
      runsStrings.applied,
    );
  };
  return (
    <Form onClose={onClose} onSave={save}>
      <Text size="sm" c="dimmed">
        {runsStrings.addTagsHelp}
      </Text>
      <TagsInput label={runsStrings.tagsLabel} value={tags} onChange={setTags} data={[...known]} data-autofocus />
    </Form>
  );
}

interface FrameProps {
  disabled?: boolean;
  onSave: () => void;
  onClose: () => void;
  children: ReactNode;
}

function Form({ disabled = false, onSave, onClose, children }: FrameProps) {
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (disabled) return;
        onSave();
        onClose();
      }}
    >
      <Stack gap={12}>
        {children}
        <Group justify="flex-end" gap={8}>
          <Button variant="default" onClick={onClose}>
            {runsStrings.cancel}
          </Button>
          <Button type="submit" disabled={disabled}>
            {runsStrings.save}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
