import { Button, Menu } from '@mantine/core';
import { IconFile, IconFolder } from '@tabler/icons-react';
import { useState } from 'react';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { navigate, pathOf, useRoute } from '../../app/routes.tsx';
import { DropZone } from '../../components/drop-zone.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { formatCount, plural } from '../../components/format.ts';
import { ItemList } from '../../components/item-list.tsx';
import { ListSkeleton } from '../../components/list-skeleton.tsx';
import { notifySuccess } from '../../components/notify.tsx';
import { Page } from '../../components/page.tsx';
import { SplitPanel } from '../../components/split-panel.tsx';
import { contentWords } from '../../features/data/content.ts';
import { DatasetDetail } from '../../features/data/dataset-detail.tsx';
import { DatasetJobs } from '../../features/data/dataset-jobs.tsx';

/** Data sets: the list on the left, the chosen one on the right. Added by the button or by dropping a file or folder. */
export default function DataPage() {
  const route = useRoute();
  const datasets = useRequest('datasets.list', {});
  const [failure, setFailure] = useState<Error | null>(null);
  const add = useAction('datasets.add', {
    onSuccess: (dataset) => {
      setFailure(null);
      notifySuccess('Data set added', dataset.name);
      navigate(pathOf('data', dataset.id));
    },
    onError: (error) => setFailure(error instanceof StudioError && error.code === 'cancelled' ? null : error),
  });
  const list = datasets.data ?? [];
  const active = list.find((dataset) => dataset.id === route.segments[1]) ?? list[0] ?? null;

  const chooseFolder = async () => {
    const path = await window.coto.dialogs.openFolder({ title: 'Choose a folder of IDX files or of class folders' });
    if (path) add.mutate({ path });
  };
  const chooseFile = async () => {
    const path = await window.coto.dialogs.openFile({ title: 'Choose a data file' });
    if (path) add.mutate({ path });
  };
  const addButton = (
    <Menu>
      <Menu.Target>
        <Button loading={add.isPending}>Add data</Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconFolder size={16} />} onClick={() => void chooseFolder()}>
          Folder: IDX files, or one folder a class
        </Menu.Item>
        <Menu.Item leftSection={<IconFile size={16} />} onClick={() => void chooseFile()}>
          File
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );

  return (
    <Page title="Data" state={datasets.data ? plural(list.length, 'data set') : null} actions={addButton} fill>
      <DropZone
        message="Drop a file of texts (CSV, TSV, JSON, JSONL, Parquet), a folder of IDX files, or one with a folder a class, to add it"
        onPaths={(paths) => {
          for (const path of paths) add.mutate({ path });
        }}
      >
        {failure ? (
          <div style={{ padding: '12px 16px' }}>
            <ErrorNote error={failure} action={{ label: 'Dismiss', onClick: () => setFailure(null) }} />
          </div>
        ) : null}
        <DatasetJobs />
        <SplitPanel
          name="data"
          initial={280}
          left={
            datasets.isPending ? (
              <ListSkeleton />
            ) : datasets.error ? (
              <div style={{ padding: 12 }}>
                <ErrorNote
                  error={datasets.error}
                  action={{ label: 'Try again', onClick: () => void datasets.refetch() }}
                />
              </div>
            ) : (
              <ItemList
                label="Data sets"
                items={list.map((dataset) => ({
                  id: dataset.id,
                  title: dataset.name,
                  note: dataset.bundled ? 'bundled' : null,
                  detail: `${contentWords(dataset.description)} · ${dataset.description.splits
                    .map((split) => `${formatCount(split.exampleCount)} ${split.name}`)
                    .join(' · ')}`,
                }))}
                activeId={active?.id ?? null}
                onActivate={(id) => navigate(pathOf('data', id), { replace: true })}
              />
            )
          }
          right={
            active ? (
              <DatasetDetail key={active.id} dataset={active} />
            ) : datasets.data ? (
              <EmptyState action={addButton}>
                Data sets that adapters learn from stand here: files of texts (CSV, TSV, JSON, JSONL, Parquet), IDX
                files, or a folder with one folder of pictures a class.
              </EmptyState>
            ) : null
          }
        />
      </DropZone>
    </Page>
  );
}
