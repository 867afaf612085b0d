import { Button } from '@mantine/core';
import { IconFilePlus } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import type { JobRecord } from '../../../src-shared/domain/jobs/job.ts';
import { isGguf, type ModelRecord } from '../../../src-shared/domain/models/model.ts';
import { bestChoice, type ModelMemory } from '../../../src-shared/domain/models/model-memory.ts';
import { useAction, useEvent, useRequest } from '../../api/query.ts';
import { navigate, navigateFrom, pathOf, useRoute } from '../../app/routes.tsx';
import { useRouteRequest } from '../../app/use-route-request.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { ListSkeleton } from '../../components/feedback/list-skeleton.tsx';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { DropZone } from '../../components/form/drop-zone.tsx';
import { formatBytes, formatShortCount } from '../../components/format/format.ts';
import { Page } from '../../components/layout/page.tsx';
import { SplitPanel } from '../../components/layout/split-panel.tsx';
import { FilteredList } from '../../components/table/filtered-list.tsx';
import { ownFirst } from '../../components/table/own-first.ts';
import { JobsOfPage } from '../../features/jobs/jobs-of-page.tsx';
import { CachedModels } from '../../features/models/cached-models.tsx';
import { HubDialog } from '../../features/models/hub-dialog.tsx';
import { ModelDetail } from '../../features/models/model-detail.tsx';
import classes from '../../features/models/models.module.css';
import { useModelMemories, Verdict } from '../../features/models/train-memory.tsx';
import { modelsStrings } from '../../strings/models.ts';

/**
 * Base models: the list on the left, the chosen one on the right. A folder or a GGUF file is added by a button or by dropping it;
 * what lies in the Hugging Face cache is offered below the list.
 */
export default function ModelsPage() {
  const route = useRoute();
  const models = useRequest('models.list', {});
  const memories = useModelMemories();
  const list = ownFirst(models.data ?? []);
  const memoryOf = ({ id }: ModelRecord) => memories.data?.find(({ modelId }) => modelId === id);
  const [failure, setFailure] = useState<Error | null>(null);
  const [hubOpened, setHubOpened] = useState(false);
  const started = useRef(new Set<string>());
  const begin = (job: JobRecord) => {
    setFailure(null);
    started.current.add(job.id);
  };
  // Opens a model added on this page once it is ready.
  useEvent('job.changed', (job) => {
    if (started.current.has(job.id) && job.status === 'completed' && job.subjectId)
      navigate(pathOf('models', job.subjectId));
  });
  const convert = useAction('models.convert', { onSuccess: begin, onError: setFailure });
  const add = useAction('models.add', {
    onSuccess: (model) => {
      setFailure(null);
      const isKnown = list.some(({ id }) => id === model.id);
      notifySuccess(isKnown ? modelsStrings.known : modelsStrings.added, model.name);
      navigateFrom('models', pathOf('models', model.id));
    },
    onError: setFailure,
  });
  const active = list.find((model) => model.id === route.segments[1]) ?? list[0] ?? null;

  const choose = async () => {
    const path = await window.coto.dialogs.openFolder({ title: modelsStrings.chooseFolder });
    if (path) addOne(path);
  };
  const chooseGguf = async () => {
    const path = await window.coto.dialogs.openFile({
      title: modelsStrings.chooseGguf,
      filters: [{ name: 'GGUF', extensions: ['gguf'] }],
    });
    if (path) addOne(path);
  };
  useRouteRequest('add', () => void choose());
  const addOne = (path: string) => {
    if (isGguf(path)) convert.mutate({ file: path });
    else add.mutate({ path });
  };
  useRouteRequest('path', addOne);
  const [repository, setRepository] = useState('');
  useRouteRequest('hub', (name) => {
    setRepository(name);
    setHubOpened(true);
  });

  return (
    <Page
      title={modelsStrings.title}
      state={models.data ? modelsStrings.count(list.length) : null}
      actions={
        <>
          <Button
            variant="default"
            onClick={() => {
              setRepository('');
              setHubOpened(true);
            }}
          >
            {modelsStrings.download}
          </Button>
          <Button loading={add.isPending} onClick={() => void choose()}>
            {modelsStrings.add}
          </Button>
        </>
      }
      more={[{ label: modelsStrings.addGguf, icon: <IconFilePlus size={16} />, onClick: () => void chooseGguf() }]}
      fill
    >
      <HubDialog opened={hubOpened} repository={repository} onClose={() => setHubOpened(false)} onStarted={begin} />
      <DropZone message={modelsStrings.drop} onPaths={(paths) => paths.forEach(addOne)}>
        {failure ? (
          <div className={classes['note']}>
            <ErrorNote error={failure} action={{ label: modelsStrings.dismiss, onClick: () => setFailure(null) }} />
          </div>
        ) : null}
        <JobsOfPage page="models" />
        <SplitPanel
          name="models"
          initial={320}
          left={
            models.isPending ? (
              <ListSkeleton />
            ) : models.error ? (
              <div style={{ padding: 12 }}>
                <ErrorNote
                  error={models.error}
                  action={{ label: modelsStrings.tryAgain, onClick: () => void models.refetch() }}
                />
              </div>
            ) : (
              <>
                <FilteredList
                  label={modelsStrings.list}
                  filter={modelsStrings.filter}
                  noMatch={modelsStrings.noMatch}
                  items={list.map((model) => itemOf(model, memoryOf(model)))}
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
              <ModelDetail key={active.id} model={active} onStarted={begin} />
            ) : models.data ? (
              <EmptyState action={<Button onClick={() => void choose()}>{modelsStrings.add}</Button>}>
                {modelsStrings.empty}
              </EmptyState>
            ) : null
          }
        />
      </DropZone>
    </Page>
  );
}

function itemOf({ id, name, bundled, description }: ModelRecord, memory: ModelMemory | undefined) {
  const best = memory && bestChoice(memory);
  const facts = [
    description.family,
    `${formatShortCount(description.parameterCount)} parameters`,
    best ? modelsStrings.trainsIn(formatBytes(best.bytes)) : formatBytes(description.sizeBytes),
  ];
  return {
    id,
    title: name,
    note: bundled ? modelsStrings.bundled : best ? <Verdict verdict={best.verdict} /> : null,
    detail: facts.join(' · '),
  };
}
