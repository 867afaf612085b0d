import { Button } from '@mantine/core';
import { IconFilePlus } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import type { JobRecord } from '../../../src-shared/domain/job.ts';
import { isGguf } from '../../../src-shared/domain/model.ts';
import { useAction, useEvent, useRequest } from '../../api/query.ts';
import { navigate, pathOf, useRoute } from '../../app/routes.tsx';
import { useRouteRequest } from '../../app/use-route-request.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { ListSkeleton } from '../../components/feedback/list-skeleton.tsx';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { DropZone } from '../../components/form/drop-zone.tsx';
import { formatBytes, formatCount, plural } from '../../components/format/format.ts';
import { Page } from '../../components/layout/page.tsx';
import { SplitPanel } from '../../components/layout/split-panel.tsx';
import { ItemList } from '../../components/table/item-list.tsx';
import { JobsOfLane } from '../../features/jobs/jobs-of-lane.tsx';
import { CachedModels } from '../../features/models/cached-models.tsx';
import { HubDialog } from '../../features/models/hub-dialog.tsx';
import { ModelDetail } from '../../features/models/model-detail.tsx';
import classes from '../../features/models/models.module.css';

/**
 * Base models: the list on the left, the chosen one on the right. A folder or a GGUF file is added by a button or by dropping it;
 * what lies in the Hugging Face cache is offered below the list.
 */
export default function ModelsPage() {
  const route = useRoute();
  const models = useRequest('models.list', {});
  const [failure, setFailure] = useState<Error | null>(null);
  const [hubOpened, setHubOpened] = useState(false);
  const started = useRef(new Set<string>());
  const begin = (job: JobRecord) => {
    setFailure(null);
    started.current.add(job.id);
  };
  // What was begun here is shown when it is there.
  useEvent('job.changed', (job) => {
    if (started.current.has(job.id) && job.status === 'completed' && job.subjectId)
      navigate(pathOf('models', job.subjectId));
  });
  const convert = useAction('models.convert', { onSuccess: begin, onError: setFailure });
  const add = useAction('models.add', {
    onSuccess: (model) => {
      setFailure(null);
      notifySuccess('Model added', model.name);
      navigate(pathOf('models', model.id));
    },
    onError: setFailure,
  });
  const list = models.data ?? [];
  const active = list.find((model) => model.id === route.segments[1]) ?? list[0] ?? null;

  const choose = async () => {
    const path = await window.coto.dialogs.openFolder({ title: 'Choose a Hugging Face model folder' });
    if (path) addOne(path);
  };
  const chooseGguf = async () => {
    const path = await window.coto.dialogs.openFile({
      title: 'Choose a GGUF file',
      filters: [{ name: 'GGUF', extensions: ['gguf'] }],
    });
    if (path) addOne(path);
  };
  useRouteRequest('add', () => void choose());
  const addOne = (path: string) => {
    if (isGguf(path)) convert.mutate({ file: path });
    else add.mutate({ path });
  };

  return (
    <Page
      title="Models"
      state={models.data ? plural(list.length, 'base model') : null}
      actions={
        <>
          <Button variant="default" onClick={() => setHubOpened(true)}>
            Download from Hugging Face…
          </Button>
          <Button loading={add.isPending} onClick={() => void choose()}>
            Add model folder
          </Button>
        </>
      }
      more={[{ label: 'Add a GGUF file…', icon: <IconFilePlus size={16} />, onClick: () => void chooseGguf() }]}
      fill
    >
      <HubDialog opened={hubOpened} onClose={() => setHubOpened(false)} onStarted={begin} />
      <DropZone
        message="Drop a model folder (config.json and safetensors) or a GGUF file to add it"
        onPaths={(paths) => paths.forEach(addOne)}
      >
        {failure ? (
          <div className={classes['note']}>
            <ErrorNote error={failure} action={{ label: 'Dismiss', onClick: () => setFailure(null) }} />
          </div>
        ) : null}
        <JobsOfLane lane="files" />
        <SplitPanel
          name="models"
          initial={320}
          left={
            models.isPending ? (
              <ListSkeleton />
            ) : models.error ? (
              <div style={{ padding: 12 }}>
                <ErrorNote error={models.error} action={{ label: 'Try again', onClick: () => void models.refetch() }} />
              </div>
            ) : (
              <>
                <ItemList
                  label="Base models"
                  items={list.map((model) => ({
                    id: model.id,
                    title: model.name,
                    note: model.bundled ? 'bundled' : null,
                    detail: `${model.description.family} · ${formatCount(model.description.parameterCount)} parameters · ${formatBytes(model.description.sizeBytes)}`,
                  }))}
                  activeId={active?.id ?? null}
                  onActivate={(id) => navigate(pathOf('models', id), { replace: true })}
                />
                <CachedModels
                  known={new Set(list.map(({ path }) => path))}
                  pending={add.isPending || convert.isPending}
                  onAdd={addOne}
                />
              </>
            )
          }
          right={
            active ? (
              <ModelDetail key={active.id} model={active} />
            ) : models.data ? (
              <EmptyState action={<Button onClick={() => void choose()}>Add model folder</Button>}>
                Base models that adapters are trained on stand here: Hugging Face folders with config.json and
                safetensors, or GGUF files.
              </EmptyState>
            ) : null
          }
        />
      </DropZone>
    </Page>
  );
}
