import {
  DndContext,
  type DragEndEvent,
  DragOverlay,
  type DragStartEvent,
  PointerSensor,
  useSensor,
  useSensors,
} from '@dnd-kit/core';
import { Button, Group } from '@mantine/core';
import { IconFilePlus } from '@tabler/icons-react';
import { useEffect, useMemo, useState } from 'react';
import { useRequest } from '../../api/query.ts';
import { navigate, useRoute } from '../../app/routes.tsx';
import { useRouteRequest } from '../../app/use-route-request.ts';
import { useActions } from '../../components/actions/action-registry.ts';
import { pageActions } from '../../components/actions/page-actions.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { DropZone } from '../../components/form/drop-zone.tsx';
import { Page } from '../../components/layout/page.tsx';
import { SplitPanel } from '../../components/layout/split-panel.tsx';
import { useAdapterImport } from '../../features/adapters/use-adapter-import.ts';
import { addToBench } from '../../features/merge/bench.ts';
import { adapterOfRow } from '../../features/merge/bench-row.tsx';
import { changeBench, redoBench, undoBench, useBench } from '../../features/merge/bench-store.ts';
import { CheckpointsMenu } from '../../features/merge/checkpoints-menu.tsx';
import {
  benchCollisions,
  DraggedCard,
  DraggedRow,
  dragAnnouncements,
  dropOnBench,
} from '../../features/merge/dragging.tsx';
import { Shelf } from '../../features/merge/shelf.tsx';
import { useAdapterNames } from '../../features/merge/use-adapter-names.ts';
import { Workbench } from '../../features/merge/workbench.tsx';
import { adaptersStrings } from '../../strings/adapters.ts';
import { mergeStrings } from '../../strings/merge.ts';

/** The shelf of adapters, the bench on which they are merged, and the rail with method, checks and the merge. */
export default function MergePage() {
  useAddFromRoute();
  const { bench } = useBench();
  const adapters = useRequest('adapters.list', {});
  const catalog = useRequest('app.catalog', {});
  const namesOf = useAdapterNames();
  useActions([
    { ...pageActions.undoBench, run: undoBench },
    { ...pageActions.redoBench, run: redoBench },
    pageActions.addToBench,
  ]);
  const [draggedId, setDraggedId] = useState<string | null>(null);
  const sensors = useSensors(useSensor(PointerSensor, { activationConstraint: { distance: 4 } }));
  const shown = adapters.data?.filter((adapter) => !adapter.archived);
  const byId = useMemo(() => new Map((adapters.data ?? []).map((adapter) => [adapter.id, adapter])), [adapters.data]);
  const chosen = bench.flatMap((item) => byId.get(item.adapterId) ?? []);
  const dragged = draggedId === null ? undefined : byId.get(adapterOfRow(draggedId) ?? draggedId);
  const imports = useAdapterImport();
  useRouteRequest('import', (kind) => imports.ask(kind === 'file' ? 'file' : 'folder'));
  useRouteRequest('path', (path) => imports.add([path]));
  const onDragStart = ({ active }: DragStartEvent) => setDraggedId(String(active.id));
  const onDragEnd = ({ active, over }: DragEndEvent) => {
    setDraggedId(null);
    dropOnBench(String(active.id), over === null ? null : String(over.id));
  };
  return (
    <Page
      title={mergeStrings.title}
      state={shown ? mergeStrings.state(shown.length, bench.length) : ''}
      actions={
        <Group gap={8}>
          <CheckpointsMenu />
          <Button variant="default" onClick={() => imports.ask('folder')} loading={imports.isImporting}>
            {adaptersStrings.importFolder}
          </Button>
        </Group>
      }
      more={[
        {
          label: adaptersStrings.importFile,
          icon: <IconFilePlus size={16} />,
          onClick: () => imports.ask('file'),
        },
      ]}
      fill
    >
      {adapters.error ? <ErrorNote error={adapters.error} /> : null}
      {shown && shown.length === 0 ? (
        <DropZone message={adaptersStrings.drop} onPaths={imports.add}>
          <EmptyState action={<Button onClick={() => navigate('/train')}>{mergeStrings.train}</Button>}>
            {mergeStrings.empty}
          </EmptyState>
        </DropZone>
      ) : (
        <DndContext
          sensors={sensors}
          collisionDetection={benchCollisions}
          onDragStart={onDragStart}
          onDragEnd={onDragEnd}
          onDragCancel={() => setDraggedId(null)}
          accessibility={{ announcements: dragAnnouncements(byId) }}
        >
          <SplitPanel
            name="merge-shelf"
            initial={264}
            minimum={220}
            minimumRight={480}
            fillRight
            left={
              <DropZone message={adaptersStrings.drop} onPaths={imports.add}>
                <Shelf adapters={shown} namesOf={namesOf} />
              </DropZone>
            }
            right={
              <Workbench
                adapters={byId}
                chosen={chosen}
                namesOf={namesOf}
                catalog={catalog.data}
                isDragging={dragged !== undefined && adapterOfRow(draggedId ?? '') === null}
              />
            }
          />
          <DragOverlay dropAnimation={null}>
            {dragged === undefined ? null : adapterOfRow(draggedId ?? '') === null ? (
              <DraggedCard adapter={dragged} names={namesOf(dragged)} chosen={chosen} />
            ) : (
              <DraggedRow name={dragged.name} />
            )}
          </DragOverlay>
        </DndContext>
      )}
    </Page>
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
