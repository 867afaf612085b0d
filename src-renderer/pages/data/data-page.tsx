import { Button, Menu } from '@mantine/core';
import { IconFile, IconFolder } from '@tabler/icons-react';
import { useState } from 'react';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { navigate, navigateFrom, pathOf, useRoute } from '../../app/routes.tsx';
import { useRouteRequest } from '../../app/use-route-request.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { ListSkeleton } from '../../components/feedback/list-skeleton.tsx';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { DropZone } from '../../components/form/drop-zone.tsx';
import { Page } from '../../components/layout/page.tsx';
import { SplitPanel } from '../../components/layout/split-panel.tsx';
import { FilteredList } from '../../components/table/filtered-list.tsx';
import { ownFirst } from '../../components/table/own-first.ts';
import { CachedDatasets } from '../../features/data/cached-datasets.tsx';
import { contentWords, splitWords } from '../../features/data/content.ts';
import { DatasetDetail } from '../../features/data/dataset-detail.tsx';
import { ImageQuestion } from '../../features/data/image-question.tsx';
import { ReadingForm } from '../../features/data/reading-form.tsx';
import { openReading, useReadings } from '../../features/data/reading-store.ts';
import { JobsOfPage } from '../../features/jobs/jobs-of-page.tsx';
import { dataStrings } from '../../strings/data.ts';

/**
 * Datasets: the list on the left, the chosen one on the right. Added by the button or by dropping a file or folder; of a file
 * of texts it is decided first how it is read.
 */
export default function DataPage() {
  const route = useRoute();
  const datasets = useRequest('datasets.list', {});
  const [failure, setFailure] = useState<Error | null>(null);
  /** Images whose reader asks for the column of the classes. */
  const [images, setImages] = useState<string | null>(null);
  const add = useAction('datasets.add', {
    onSuccess: (dataset) => {
      setFailure(null);
      notifySuccess(dataStrings.added, dataset.name);
      navigateFrom('data', pathOf('data', dataset.id));
    },
    onError: (error) => setFailure(error instanceof StudioError && error.code === 'cancelled' ? null : error),
  });
  const list = ownFirst(datasets.data ?? []);
  const readings = useReadings();
  const reading = route.segments[1] === 'reading' ? readings.find(({ path }) => path === route.segments[2]) : undefined;
  const active = reading ? null : (list.find((dataset) => dataset.id === route.segments[1]) ?? list[0] ?? null);
  const inspect = useAction('datasets.inspect', {
    onSuccess: ({ name, source, text }) => {
      setFailure(null);
      if (text === null) {
        setImages(source.path);
        return add.mutate({ path: source.path });
      }
      setImages(null);
      const known = list.find((dataset) => dataset.source.path === source.path);
      if (known?.bundled) return navigate(pathOf('data', known.id));
      openReading({
        datasetId: known?.id ?? null,
        path: source.path,
        reader: source.reader,
        name: known?.name ?? name,
        kind: null,
        options: known?.source.options ?? {},
      });
      navigate(pathOf('data', 'reading', source.path));
    },
    onError: setFailure,
  });

  const chooseFolder = async () => {
    const path = await window.coto.dialogs.openFolder({ title: dataStrings.chooseFolder });
    if (path) inspect.mutate({ path });
  };
  const chooseFile = async () => {
    const path = await window.coto.dialogs.openFile({ title: dataStrings.chooseFile });
    if (path) inspect.mutate({ path });
  };
  useRouteRequest('add', (kind) => void (kind === 'folder' ? chooseFolder() : chooseFile()));
  useRouteRequest('path', (path) => inspect.mutate({ path }));
  const addButton = (
    <Menu>
      <Menu.Target>
        <Button loading={add.isPending || inspect.isPending}>{dataStrings.add}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconFolder size={16} />} onClick={() => void chooseFolder()}>
          {dataStrings.addFolder}
        </Menu.Item>
        <Menu.Item leftSection={<IconFile size={16} />} onClick={() => void chooseFile()}>
          {dataStrings.addFile}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );

  return (
    <Page
      title={dataStrings.title}
      state={datasets.data ? dataStrings.count(list.length) : null}
      actions={addButton}
      fill
    >
      <DropZone
        message={dataStrings.drop}
        onPaths={(paths) => {
          for (const path of paths) inspect.mutate({ path });
        }}
      >
        {failure ? (
          <div style={{ padding: '12px 16px' }}>
            <ErrorNote error={failure} action={{ label: dataStrings.dismiss, onClick: () => setFailure(null) }} />
            {images !== null && failure instanceof StudioError && failure.field === 'label' ? (
              <ImageQuestion
                onAnswer={(label) => add.mutate({ path: images, options: { label } })}
                isPending={add.isPending}
              />
            ) : null}
          </div>
        ) : null}
        <JobsOfPage page="data" />
        <SplitPanel
          name="data"
          initial={320}
          left={
            datasets.isPending ? (
              <ListSkeleton />
            ) : datasets.error ? (
              <div style={{ padding: 12 }}>
                <ErrorNote
                  error={datasets.error}
                  action={{ label: dataStrings.tryAgain, onClick: () => void datasets.refetch() }}
                />
              </div>
            ) : (
              <>
                <FilteredList
                  label={dataStrings.list}
                  filter={dataStrings.filter}
                  noMatch={dataStrings.noMatch}
                  items={[
                    ...readings.map(({ path, name, datasetId }) => ({
                      id: readingId(path),
                      title: name || path,
                      note: datasetId === null ? dataStrings.draft : dataStrings.unsaved,
                      detail: dataStrings.import,
                    })),
                    ...list.map((dataset) => ({
                      id: dataset.id,
                      title: dataset.name,
                      note: dataset.bundled ? dataStrings.bundled : null,
                      detail: [contentWords(dataset.description), ...splitWords(dataset.description)].join(' · '),
                    })),
                  ]}
                  activeId={reading ? readingId(reading.path) : (active?.id ?? null)}
                  onActivate={(id) => {
                    const chosen = readings.find(({ path }) => readingId(path) === id);
                    const to = chosen ? pathOf('data', 'reading', chosen.path) : pathOf('data', id);
                    navigate(to, { replace: true });
                  }}
                />
                <CachedDatasets
                  known={new Set([...list.map(({ source }) => source.path), ...readings.map(({ path }) => path)])}
                  pending={add.isPending || inspect.isPending}
                  onAdd={(path) => inspect.mutate({ path })}
                />
              </>
            )
          }
          right={
            reading ? (
              <ReadingForm key={reading.path} reading={reading} />
            ) : active ? (
              <DatasetDetail key={active.id} dataset={active} />
            ) : datasets.data ? (
              <EmptyState action={addButton}>{dataStrings.empty}</EmptyState>
            ) : null
          }
        />
      </DropZone>
    </Page>
  );
}

/** No dataset has such an id. */
function readingId(path: string): string {
  return `reading ${path}`;
}
