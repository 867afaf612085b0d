import { Button, Group, Skeleton } from '@mantine/core';
import { useState } from 'react';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { studyKinds } from '../../../src-shared/studies/index.ts';
import { request } from '../../api/client.ts';
import { useRequest } from '../../api/query.ts';
import { navigate, pathOf, useRoute } from '../../app/routes.tsx';
import { useRouteRequest } from '../../app/use-route-request.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifyFailure } from '../../components/feedback/notify.tsx';
import { Page } from '../../components/layout/page.tsx';
import { SplitPanel } from '../../components/layout/split-panel.tsx';
import { DataTable } from '../../components/table/data-table.tsx';
import { NewStudy } from '../../features/studies/new-study.tsx';
import { studyColumns } from '../../features/studies/study-columns.tsx';
import { StudyDetail } from '../../features/studies/study-detail.tsx';
import { type StudyFile, StudyFromFile } from '../../features/studies/study-from-file.tsx';
import { StudyGallery } from '../../features/studies/study-gallery.tsx';
import { benchmarksStrings } from '../../strings/benchmarks.ts';
import { studiesStrings as strings } from '../../strings/studies.ts';
import { BenchmarksPage } from './benchmarks-page.tsx';
import classes from './studies-page.module.css';

const filters = [{ name: 'Study as YAML', extensions: ['yaml', 'yml'] }];

/** Every study on the left and the chosen one on the right, or a new one: first what it is to answer, then its form. */
export default function StudiesPage() {
  const { segments } = useRoute();
  if (segments[1] === 'benchmarks') return <BenchmarksPage id={segments[2] ?? null} />;
  return segments[1] === 'new' ? <NewStudyPage kind={segments[2] ?? null} /> : <StudyList id={segments[1] ?? null} />;
}

function NewStudyPage({ kind }: { kind: string | null }) {
  const [file, setFile] = useState<StudyFile | null>(null);
  const chosen = studyKinds.find((one) => one.kind === kind);
  const open = (found: Promise<StudyFile | null>) =>
    found.then((one) => one && setFile(one)).catch((thrown) => notifyFailure(thrown, strings.file.notOpened));
  useRouteRequest(
    'path',
    (path) => void open(request('app.identify', { path }).then(({ text }) => ({ path, text: text ?? '' }))),
  );
  const onStarted = (started: StudyRecord) => navigate(pathOf('studies', started.id), { replace: true });
  return (
    <Page
      title={strings.newStudy}
      state={chosen ? chosen.declaration.label : file ? strings.file.state : strings.chooseKind}
      actions={
        <>
          {chosen || file ? (
            <Button variant="default" onClick={() => (chosen ? navigate(pathOf('studies', 'new')) : setFile(null))}>
              {strings.back}
            </Button>
          ) : (
            <Button
              variant="default"
              onClick={() => void open(window.coto.dialogs.openText({ title: strings.file.open, filters }))}
            >
              {strings.file.open}
            </Button>
          )}
          <Button variant="default" onClick={() => navigate('/studies')}>
            {strings.cancel}
          </Button>
        </>
      }
    >
      {chosen ? (
        <NewStudy key={chosen.kind} kind={chosen} onStarted={onStarted} />
      ) : file ? (
        <StudyFromFile key={file.path} file={file} onStarted={onStarted} />
      ) : (
        <StudyGallery />
      )}
    </Page>
  );
}

function StudyList({ id }: { id: string | null }) {
  const { data, error } = useRequest('studies.list', {});
  const newest = data?.reduce<StudyRecord | null>(
    (found, candidate) => (found && found.createdAt >= candidate.createdAt ? found : candidate),
    null,
  );
  const study = data?.find((candidate) => candidate.id === id) ?? newest ?? null;
  const isEmpty = data?.length === 0;
  return (
    <Page
      title={strings.title}
      state={data ? strings.count(data.length) : ''}
      actions={
        <>
          <Button variant="default" onClick={() => navigate(pathOf('studies', 'benchmarks'))}>
            {benchmarksStrings.title}
          </Button>
          <Button onClick={() => navigate(pathOf('studies', 'new'))}>{strings.newStudy}</Button>
        </>
      }
      fill={!isEmpty}
    >
      {error ? <ErrorNote error={error} /> : null}
      {isEmpty ? (
        <div className={classes['empty']}>
          <Group gap={12} justify="space-between">
            <span>{strings.empty}</span>
            <Button variant="default" onClick={() => navigate('/home')}>
              {strings.tryDemo}
            </Button>
          </Group>
          <StudyGallery />
        </div>
      ) : (
        <SplitPanel
          name="studies"
          // The right side shows the details.
          initial={Math.min(420, Math.round(window.innerWidth * 0.27))}
          minimum={260}
          minimumRight={480}
          left={
            data ? (
              <div className={classes['list']}>
                <DataTable
                  label={strings.title}
                  items={data}
                  itemId={(item) => item.id}
                  columns={studyColumns}
                  initialSort={{ column: 'created', descending: true }}
                  activeId={study?.id ?? null}
                  onActivate={(item) => navigate(pathOf('studies', item.id), { replace: id !== null })}
                />
              </div>
            ) : (
              <Skeleton h={240} m={12} />
            )
          }
          right={
            <div className={classes['detail']}>
              {study ? <StudyDetail key={study.id} study={study} /> : <Skeleton h={240} />}
            </div>
          }
        />
      )}
    </Page>
  );
}
