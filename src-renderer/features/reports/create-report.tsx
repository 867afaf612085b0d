import { Button, Checkbox, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import { type ReportSectionId, reportSections } from '../../../src-shared/domain/app/report.ts';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { useAction } from '../../api/query.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { reportsStrings } from '../../strings/reports.ts';
import { openWhenWritten } from './open-when-written.ts';
import { type ReportSources, ReportSourcesFields } from './report-sources.tsx';

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
