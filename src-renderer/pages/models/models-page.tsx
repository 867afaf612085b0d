import { Button } from '@mantine/core';
import { useState } from 'react';
import { useAction, useRequest } from '../../api/query.ts';
import { navigate, pathOf, useRoute } from '../../app/routes.tsx';
import { DropZone } from '../../components/drop-zone.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { formatBytes, formatCount, plural } from '../../components/format.ts';
import { ItemList } from '../../components/item-list.tsx';
import { ListSkeleton } from '../../components/list-skeleton.tsx';
import { notifySuccess } from '../../components/notify.tsx';
import { Page } from '../../components/page.tsx';
import { SplitPanel } from '../../components/split-panel.tsx';
import { ModelDetail } from '../../features/models/model-detail.tsx';

/** Base models: the list on the left, the chosen one on the right. A folder is added by the button or by dropping it. */
export default function ModelsPage() {
  const route = useRoute();
  const models = useRequest('models.list', {});
  const [failure, setFailure] = useState<Error | null>(null);
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
    if (path) add.mutate({ path });
  };
  const addAll = (paths: readonly string[]) => {
    for (const path of paths) add.mutate({ path });
  };

  return (
    <Page
      title="Models"
      state={models.data ? plural(list.length, 'base model') : null}
      actions={
        <Button loading={add.isPending} onClick={() => void choose()}>
          Add model folder
        </Button>
      }
      fill
    >
      <DropZone message="Drop a model folder (config.json and safetensors) to add it" onPaths={addAll}>
        {failure ? (
          <div style={{ padding: '12px 16px' }}>
            <ErrorNote error={failure} action={{ label: 'Dismiss', onClick: () => setFailure(null) }} />
          </div>
        ) : null}
        <SplitPanel
          name="models"
          initial={280}
          left={
            models.isPending ? (
              <ListSkeleton />
            ) : models.error ? (
              <div style={{ padding: 12 }}>
                <ErrorNote error={models.error} action={{ label: 'Try again', onClick: () => void models.refetch() }} />
              </div>
            ) : (
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
            )
          }
          right={
            active ? (
              <ModelDetail key={active.id} model={active} />
            ) : models.data ? (
              <EmptyState action={<Button onClick={() => void choose()}>Add model folder</Button>}>
                Base models that adapters are trained on stand here: Hugging Face folders with config.json and
                safetensors.
              </EmptyState>
            ) : null
          }
        />
      </DropZone>
    </Page>
  );
}
