import {
  DndContext,
  type DragEndEvent,
  DragOverlay,
  type DragStartEvent,
  PointerSensor,
  pointerWithin,
  useDndContext,
  useSensor,
  useSensors,
} from '@dnd-kit/core';
import { Button, Group } from '@mantine/core';
import { IconFilePlus } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { type AdapterRecord, mayShareBase } from '../../../src-shared/domain/adapter.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { navigate, useRoute } from '../../app/routes.tsx';
import { useRouteRequest } from '../../app/use-route-request.ts';
import { useActions } from '../../components/actions/action-registry.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { notifyFailure, notifySuccess } from '../../components/feedback/notify.tsx';
import { DropZone } from '../../components/form/drop-zone.tsx';
import { plural } from '../../components/format/format.ts';
import { Page } from '../../components/layout/page.tsx';
import { SplitPanel } from '../../components/layout/split-panel.tsx';
import { AdapterCardBody, type AdapterNames } from '../../features/merge/adapter-card.tsx';
import { addToBench } from '../../features/merge/bench.ts';
import { BenchPanel, benchId } from '../../features/merge/bench-panel.tsx';
import { changeBench, undoBench, useBench } from '../../features/merge/bench-store.ts';
import { CheckpointsMenu } from '../../features/merge/checkpoints-menu.tsx';
import classes from '../../features/merge/merge.module.css';
import { MergeOutcome, StudyOutcome } from '../../features/merge/merge-outcome.tsx';
import { MergePanel } from '../../features/merge/merge-panel.tsx';
import { MergeabilityPanel } from '../../features/merge/mergeability-panel.tsx';
import { Shelf } from '../../features/merge/shelf.tsx';
import { useAdapterNames } from '../../features/merge/use-adapter-names.ts';

/** The shelf of adapters on the left, the bench on which they are merged on the right. */
export default function MergePage() {
  useAddFromRoute();
  const { bench, mergeJobId, studyId } = useBench();
  const adapters = useRequest('adapters.list', {});
  const catalog = useRequest('app.catalog', {});
  const namesOf = useAdapterNames();
  useActions([
    { id: 'undo-bench', label: 'Undo on the merge bench', scope: 'page', shortcut: 'mod+Z', run: undoBench },
    {
      id: 'add-to-bench',
      label: 'Add the focused adapter to the bench',
      scope: 'page',
      shortcut: 'Enter',
      heardBy: 'control',
    },
  ]);
  const [draggedId, setDraggedId] = useState<string | null>(null);
  const sensors = useSensors(useSensor(PointerSensor, { activationConstraint: { distance: 4 } }));
  const shown = adapters.data?.filter((adapter) => !adapter.archived);
  const byId = useMemo(() => new Map((adapters.data ?? []).map((adapter) => [adapter.id, adapter])), [adapters.data]);
  const chosen = bench.flatMap((item) => byId.get(item.adapterId) ?? []);
  const dragged = draggedId === null ? undefined : byId.get(draggedId);
  const importAdapter = useAction('adapters.import', {
    failureTitle: 'The adapter was not imported',
    onSuccess: (adapter) => notifySuccess('Adapter imported', adapter.name),
  });
  const askImport = async (kind: 'folder' | 'file') => {
    const { openFolder, openFile } = window.coto.dialogs;
    try {
      const path =
        kind === 'folder'
          ? await openFolder({ title: 'Import a PEFT or MLX adapter folder' })
          : await openFile({
              title: 'Import a kohya, ComfyUI, diffusers or GGUF adapter',
              filters: [{ name: 'Adapters', extensions: ['safetensors', 'gguf'] }],
            });
      if (path) importAdapter.mutate({ path });
    } catch (error) {
      notifyFailure(error instanceof Error ? error : new Error(String(error)), 'The adapter was not imported');
    }
  };
  useRouteRequest('import', (kind) => void askImport(kind === 'file' ? 'file' : 'folder'));
  const importButton = (
    <Button variant="default" onClick={() => void askImport('folder')} loading={importAdapter.isPending}>
      Import adapter
    </Button>
  );
  const onDragStart = ({ active }: DragStartEvent) => setDraggedId(String(active.id));
  const onDragEnd = ({ active, over }: DragEndEvent) => {
    setDraggedId(null);
    if (over?.id === benchId) changeBench((current) => addToBench(current, String(active.id)));
  };
  return (
    <Page
      title="Merge"
      state={shown ? `${plural(shown.length, 'adapter')} on the shelf, ${bench.length} on the bench` : ''}
      actions={
        <Group gap={8}>
          <CheckpointsMenu />
          {importButton}
        </Group>
      }
      more={[
        { label: 'Import an adapter file…', icon: <IconFilePlus size={16} />, onClick: () => void askImport('file') },
      ]}
      fill
    >
      {adapters.error ? <ErrorNote error={adapters.error} /> : null}
      {shown && shown.length === 0 ? (
        <DropZone
          message="Drop adapters to import them: PEFT or MLX folders, safetensors or GGUF files"
          onPaths={(paths) => importAll(paths, importAdapter.mutate)}
        >
          <EmptyState action={<Button onClick={() => navigate('/train')}>Train an adapter</Button>}>
            Adapters come here from finished runs, or as folders and files that you import or drop. Two of one base can
            be merged, also where the base is not in the studio.
          </EmptyState>
        </DropZone>
      ) : (
        <DndContext
          sensors={sensors}
          collisionDetection={pointerWithin}
          onDragStart={onDragStart}
          onDragEnd={onDragEnd}
          onDragCancel={() => setDraggedId(null)}
          accessibility={{ announcements: announcements(byId) }}
        >
          <SplitPanel
            name="merge"
            initial={320}
            minimum={240}
            minimumRight={480}
            left={
              <DropZone
                message="Drop adapters to import them: PEFT or MLX folders, safetensors or GGUF files"
                onPaths={(paths) => importAll(paths, importAdapter.mutate)}
              >
                <Shelf adapters={shown} namesOf={namesOf} />
              </DropZone>
            }
            right={
              <div className={classes['bench']}>
                <BenchPanel adapters={byId} namesOf={namesOf} isDragging={dragged !== undefined} />
                <MergePanel chosen={chosen} catalog={catalog.data} />
                <MergeabilityPanel />
                {mergeJobId ? <MergeOutcome jobId={mergeJobId} /> : null}
                {studyId ? <StudyOutcome studyId={studyId} /> : null}
              </div>
            }
          />
          <DragOverlay dropAnimation={null}>
            {dragged ? <DraggedCard adapter={dragged} names={namesOf(dragged)} chosen={chosen} /> : null}
          </DragOverlay>
        </DndContext>
      )}
    </Page>
  );
}

/** What is under the pointer says where it may drop, and what will come of it. */
function DraggedCard({
  adapter,
  names,
  chosen,
}: {
  adapter: AdapterRecord;
  names: AdapterNames;
  chosen: readonly AdapterRecord[];
}) {
  const { over } = useDndContext();
  const foreign = chosen.find((other) => !mayShareBase(other, adapter));
  const already = chosen.some((other) => other.id === adapter.id);
  const words = already
    ? 'Already on the bench'
    : foreign
      ? `Stands on another base than ${foreign.name}: they cannot be merged.`
      : over?.id === benchId
        ? 'Release to add'
        : 'Drop on the bench';
  return (
    <div className={classes['dragged']}>
      <AdapterCardBody adapter={adapter} names={names} />
      <div className={classes['where']}>{words}</div>
    </div>
  );
}

/** `#/merge?add=<adapter>` puts that adapter on the bench. */
function useAddFromRoute(): void {
  const add = useRoute().query.get('add');
  useEffect(() => {
    if (!add) return;
    changeBench((bench) => addToBench(bench, add));
    navigate('/merge', { replace: true });
  }, [add]);
}

function importAll(paths: readonly string[], mutate: (input: { path: string }) => void): void {
  for (const path of paths) mutate({ path });
}

function announcements(adapters: ReadonlyMap<string, AdapterRecord>) {
  const name = (id: string | number) => adapters.get(String(id))?.name ?? 'The adapter';
  return {
    onDragStart: ({ active }: { active: { id: string | number } }) => `Picked up ${name(active.id)}.`,
    onDragOver: ({ active, over }: { active: { id: string | number }; over: { id: string | number } | null }) =>
      over ? `${name(active.id)} is over the merge bench.` : `${name(active.id)} is not over the bench.`,
    onDragEnd: ({ active, over }: { active: { id: string | number }; over: { id: string | number } | null }) =>
      over ? `${name(active.id)} was put on the merge bench.` : `${name(active.id)} was put back on the shelf.`,
    onDragCancel: ({ active }: { active: { id: string | number } }) => `${name(active.id)} was put back on the shelf.`,
  };
}
