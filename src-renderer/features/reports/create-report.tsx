import { Button, Checkbox, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import { type ReportSectionId, reportSections } from '../../../src-shared/domain/app/report.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { onEvent, request } from '../../api/client.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { navigate, pathOf } from '../../app/routes.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { MultiSelect } from '../../components/form/choices.tsx';
import { reportsStrings } from '../../strings/reports.ts';

const over: ReadonlySet<JobRecord['status']> = new Set(['completed', 'failed', 'cancelled', 'interrupted', 'stopped']);

/** Opens the report of a job in the window as soon as it is there; how it failed is told otherwise. */
function openWhenWritten(job: JobRecord): void {
  const settle = ({ id, status, subjectId, error }: JobRecord) => {
    if (id !== job.id || !over.has(status)) return;
    stop();
    if (status === 'completed' && subjectId !== null) navigate(pathOf('reports', subjectId));
    else if (error !== null) notifyFailure(new Error(error.message), reportsStrings.failed);
  };
  const stop = onEvent('job.changed', settle);
  // The job may have ended before the listener was added.
  request('jobs.get', { id: job.id }).then(settle, () => undefined);
}

/** Contents and proposed name of a new report. Without runs and studies the dialog asks for them. */
export interface ReportSubject {
  readonly runIds?: readonly string[];
  readonly studyIds?: readonly string[];
  readonly name: string;
}

/** Asks for title, note and sections, writes the report and opens it in the window. */
export function createReport(subject: ReportSubject): void {
  const dialog = modals.open({
    title: reportsStrings.dialog.title,
    children: (
      <CreateReport
        subject={subject}
        onCancel={() => modals.close(dialog)}
        onCreated={(job) => {
          modals.close(dialog);
          openWhenWritten(job);
        }}
      />
    ),
  });
}

interface CreateReportProps {
  subject: ReportSubject;
  onCancel: () => void;
  onCreated: (job: JobRecord) => void;
}

export function CreateReport({ subject, onCancel, onCreated }: CreateReportProps) {
  const strings = reportsStrings.dialog;
  const isAsked = subject.runIds === undefined && subject.studyIds === undefined;
  const [sources, setSources] = useState<ReportSources>({
    runIds: subject.runIds ?? [],
    studyIds: subject.studyIds ?? [],
  });
  const { runIds, studyIds } = sources;
  const [name, setName] = useState(subject.name);
  const [note, setNote] = useState('');
  const [sections, setSections] = useState<readonly ReportSectionId[]>(reportSections.map(({ id }) => id));
  const [problem, setProblem] = useState<Error | null>(null);
  const create = useAction('reports.create', { onSuccess: onCreated, onError: setProblem });
  const toggle = (id: ReportSectionId) =>
    setSections(
      reportSections
        .map((section) => section.id)
        .filter((other) => (other === id ? !sections.includes(id) : sections.includes(other))),
    );
  const missing =
    runIds.length + studyIds.length === 0 ? strings.noSource : sections.length === 0 ? strings.nothing : null;
  const submit = () =>
    create.mutate({
      runIds: [...runIds],
      studyIds: [...studyIds],
      note,
      sections: [...sections],
      ...(name.trim() === '' ? {} : { name: name.trim() }),
    });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (missing === null) submit();
      }}
    >
      <Stack gap={12}>
        {isAsked ? (
          <ReportSourcesFields value={sources} onChange={setSources} />
        ) : (
          <Text size="sm" c="dimmed">
            {strings.of(runIds.length, studyIds.length)}
          </Text>
        )}
        <TextInput
          label={strings.name}
          value={name}
          {...(isAsked ? {} : { 'data-autofocus': true })}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Textarea
          label={strings.note}
          placeholder={strings.notePlaceholder}
          rows={3}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        <Stack gap={6} role="group" aria-label={strings.sections}>
          {reportSections.map(({ id, label, help }) => (
            <Checkbox
              key={id}
              label={label}
              description={help}
              checked={sections.includes(id)}
              onChange={() => toggle(id)}
            />
          ))}
        </Stack>
        {problem ? <ErrorNote error={problem} /> : null}
        <Group justify="flex-end" gap={8}>
          {missing === null ? null : (
            <Text size="sm" c="dimmed">
              {missing}
            </Text>
          )}
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
          <Button type="submit" loading={create.isPending} disabled={missing !== null}>
            {strings.action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface ReportSources {
  readonly runIds: readonly string[];
  readonly studyIds: readonly string[];
}

interface ReportSourcesProps {
  value: ReportSources;
  onChange: (value: ReportSources) => void;
}

/** The runs and studies that a report can be made of: those that have something to show. */
function ReportSourcesFields({ value, onChange }: ReportSourcesProps) {
  const strings = reportsStrings.dialog;
  const { data: runs = [] } = useRequest('runs.list', { archived: false });
  const { data: studies = [] } = useRequest('studies.list', {});
  const field = (
    label: string,
    items: readonly { readonly id: string; readonly name: string }[],
    ids: readonly string[],
    change: (ids: string[]) => void,
  ) => (
    <MultiSelect
      label={label}
      data={items.map(({ id, name }) => ({ value: id, label: name }))}
      value={[...ids]}
      onChange={change}
      disabled={items.length === 0}
      searchable
      hidePickedOptions
      maxDropdownHeight={220}
      nothingFoundMessage={strings.noMatch}
    />
  );
  return (
    <>
      {field(
        strings.studies,
        studies.filter(({ result }) => result !== null),
        value.studyIds,
        (studyIds) => onChange({ ...value, studyIds }),
      )}
      {field(
        strings.runs,
        runs.filter(({ result }) => result !== null),
        value.runIds,
        (runIds) => onChange({ ...value, runIds }),
      )}
    </>
  );
}
