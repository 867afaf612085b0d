import { type CollisionDetection, pointerWithin, useDndContext } from '@dnd-kit/core';
import { type AdapterRecord, mayShareBase } from '../../../src-shared/domain/adapters/adapter.ts';
import { mergeStrings } from '../../strings/merge.ts';
import { AdapterCardBody, type AdapterNames } from './adapter-card.tsx';
import { addToBench, moveOnBench } from './bench.ts';
import { benchId } from './bench-panel.tsx';
import { adapterOfRow } from './bench-row.tsx';
import { changeBench } from './bench-store.ts';
import classes from './merge.module.css';

/** A card of the shelf falls on the bench as a whole, a row of the bench on another row. */
export const benchCollisions: CollisionDetection = (given) => {
  const isRow = adapterOfRow(String(given.active.id)) !== null;
  return pointerWithin({
    ...given,
    droppableContainers: given.droppableContainers.filter(({ id }) => (adapterOfRow(String(id)) !== null) === isRow),
  });
};

/** Handles a drop: a card is added, a row moves to the position of the row it is dropped on. */
export function dropOnBench(active: string, over: string | null): void {
  const row = adapterOfRow(active);
  if (row === null) {
    if (over === benchId) changeBench((bench) => addToBench(bench, active));
    return;
  }
  const target = over === null ? null : adapterOfRow(over);
  if (target === null) return;
  changeBench((bench) =>
    moveOnBench(
      bench,
      row,
      bench.findIndex(({ adapterId }) => adapterId === target),
    ),
  );
}

interface DraggedCardProps {
  adapter: AdapterRecord;
  names: AdapterNames;
  chosen: readonly AdapterRecord[];
}

/** Card under the pointer; shows where it may be dropped, and the effect. */
export function DraggedCard({ adapter, names, chosen }: DraggedCardProps) {
  const { over } = useDndContext();
  const foreign = chosen.find((other) => !mayShareBase(other, adapter));
  const words = chosen.some((other) => other.id === adapter.id)
    ? mergeStrings.alreadyOnBench
    : foreign
      ? mergeStrings.otherBase(foreign.name)
      : over?.id === benchId
        ? mergeStrings.release
        : mergeStrings.dropHere;
  return (
    <div className={classes['dragged']}>
      <AdapterCardBody adapter={adapter} names={names} />
      <div className={classes['where']}>{words}</div>
    </div>
  );
}

/** A row of the bench under the pointer. */
export function DraggedRow({ name }: { name: string }) {
  return <div className={classes['dragged']}>{name}</div>;
}

type Id = string | number;
interface Moving {
  readonly active: { readonly id: Id };
}
interface MovingOver extends Moving {
  readonly over: { readonly id: Id } | null;
}

/** Screen reader announcements during a drag. */
export function dragAnnouncements(adapters: ReadonlyMap<string, AdapterRecord>) {
  const { picked, overBench, notOver, dropped, putBack } = mergeStrings.announced;
  const name = (id: Id) => adapters.get(adapterOfRow(String(id)) ?? String(id))?.name ?? mergeStrings.deleted;
  return {
    onDragStart: ({ active }: Moving) => picked(name(active.id)),
    onDragOver: ({ active, over }: MovingOver) => (over ? overBench : notOver)(name(active.id)),
    onDragEnd: ({ active, over }: MovingOver) => (over ? dropped : putBack)(name(active.id)),
    onDragCancel: ({ active }: Moving) => putBack(name(active.id)),
  };
}
