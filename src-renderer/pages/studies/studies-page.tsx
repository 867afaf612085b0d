import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { IconFileText, IconTrash } from '@tabler/icons-react';
import type { StudyRecord } from '../../../src-shared/domain/study.ts';
import { studyKind } from '../../../src-shared/studies/index.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { navigate, pathOf, useRoute } from '../../app/routes.tsx';
import { confirmRemoval } from '../../components/feedback/confirm.tsx';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { StatusMark } from '../../components/feedback/status-mark.tsx';
import { plural } from '../../components/format/format.ts';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import { MoreMenu, Page } from '../../components/layout/page.tsx';
import { Facts, Panel } from '../../components/layout/panel.tsx';
import { SplitPanel } from '../../components/layout/split-panel.tsx';
import { DataTable } from '../../components/table/data-table.tsx';
import { createReport } from '../../features/reports/create-report.tsx';
import { NewStudy } from '../../features/studies/new-study.tsx';
import { studyColumns } from '../../features/studies/study-columns.tsx';
import { StudyView } from '../../features/studies/study-view.tsx';
import { reportsStrings } from '../../strings/reports.ts';
import classes from './studies-page.module.css';

/** Every study on the left, the chosen one on the right. */
export default function StudiesPage() {
  const id = useRoute().segments[1] ?? null;
  const isNew = id === 'new';
  const { data, error } = useRequest('studies.list', {});
  const newest = data?.reduce<StudyRecord | null>(
    (found, candidate) => (found && found.createdAt >= candidate.createdAt ? found : candidate),
    null,
  );
  const study = data?.find((candidate) => candidate.id === id) ?? newest ?? null;
  return (
    <Page
      title="Studies"
      state={data ? plural(data.length, 'study', 'studies') : ''}
      actions={<Button onClick={() => navigate(pathOf('studies', 'new'))}>New study</Button>}
      fill
    >
      {error ? <ErrorNote error={error} /> : null}
      {data?.length === 0 && !isNew ? (
        <EmptyState
          action={
            <Group gap={8}>
              <Button onClick={() => navigate('/home')}>Try the demo study</Button>
              <Button variant="default" onClick={() => navigate('/merge')}>
                Merge
              </Button>
              <Button variant="default" onClick={() => navigate('/prune')}>
                Prune
              </Button>
            </Group>
          }
        >
          Studies measure many adapters at once, and train those that are missing. They start here, from the merge bench
          and from Prune; the demo makes several.
        </EmptyState>
      ) : (
        <SplitPanel
          name="studies"
          initial={480}
          minimum={300}
          minimumRight={440}
          left={
            data ? (
              <div className={classes['list']}>
                <DataTable
                  label="Studies"
                  items={data}
                  itemId={(item) => item.id}
                  columns={studyColumns}
                  initialSort={{ column: 'created', descending: true }}
                  activeId={isNew ? null : (study?.id ?? null)}
                  onActivate={(item) => navigate(pathOf('studies', item.id), { replace: id !== null })}
                />
              </div>
            ) : (
              <Skeleton h={240} m={12} />
            )
          }
          right={
            <div style={{ padding: '12px 16px 24px' }}>
              {isNew ? (
                <NewStudy onStarted={(started) => navigate(pathOf('studies', started.id), { replace: true })} />
              ) : study ? (
                <StudyDetail key={study.id} study={study} />
              ) : (
                <Skeleton h={240} />
              )}
            </div>
          }
        />
      )}
    </Page>
  );
}

function StudyDetail({ study }: { study: StudyRecord }) {
  const remove = useAction('studies.remove', {
    failureTitle: 'The study was not removed',
    onSuccess: () => {
      notifySuccess('Study removed', study.name);
      navigate('/studies', { replace: true });
    },
  });
  const again = useAction('studies.create', {
    failureTitle: 'The study was not started',
    onSuccess: ({ study: started }) => navigate(pathOf('studies', started.id)),
  });
  const resume = useAction('studies.resume', { failureTitle: 'The study was not resumed' });
  const canGoOn = ['interrupted', 'cancelled', 'failed'].includes(study.status);
  const { config } = study;
  const isOpen = study.status === 'queued' || study.status === 'running';
  return (
    <Stack gap={12}>
      <Group justify="space-between" wrap="nowrap">
        <Text fw={600} truncate>
          {study.name}
        </Text>
        <Group gap={8} wrap="nowrap">
          {canGoOn ? (
            <Button onClick={() => resume.mutate({ id: study.id })} loading={resume.isPending}>
              Resume
            </Button>
          ) : null}
          {isOpen || canGoOn ? null : (
            <Button
              variant="default"
              onClick={() => again.mutate({ name: study.name, config })}
              loading={again.isPending}
            >
              Run again
            </Button>
          )}
          <MoreMenu
            label={`More for ${study.name}`}
            about={study.name}
            items={[
              {
                label: reportsStrings.create,
                icon: <IconFileText size={16} />,
                disabledReason: study.result ? null : 'It has no result yet.',
                onClick: () => createReport({ studyIds: [study.id], name: study.name }),
              },
              {
                label: 'Remove',
                icon: <IconTrash size={16} />,
                danger: true,
                disabledReason: isOpen ? 'It is still running: cancel it first.' : null,
                onClick: () =>
                  confirmRemoval({
                    what: `the study "${study.name}"`,
                    consequence: 'Deletes its scores and figures. The adapters are kept.',
                    onConfirm: () => remove.mutate({ id: study.id }),
                  }),
              },
            ]}
          />
        </Group>
      </Group>
      <Panel>
        <Facts
          items={[
            { label: 'Status', value: <StatusMark status={study.status} /> },
            ...(study.result ? [{ label: 'Test examples', value: study.result.examples }] : []),
            ...studyKind(study.kind).describeConfig(config),
            { label: 'Created', value: <RelativeTime at={study.createdAt} /> },
          ]}
        />
      </Panel>
      <StudyView study={study} />
    </Stack>
  );
}
