import { useDraggable, useDroppable } from '@dnd-kit/core';
import { ActionIcon, Badge, Text, TextInput, Tooltip } from '@mantine/core';
import { IconGripVertical, IconLock, IconLockOpen, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { PreflightLine } from '../../../src-shared/domain/evaluation/evaluation.ts';
import { type MergeWeight, weightFromText, weightText } from '../../../src-shared/domain/merging/merge.ts';
import { mergeStrings } from '../../strings/merge.ts';
import { CotoMark } from '../runs/list/coto-mark.tsx';
import type { AdapterNames } from './adapter-card.tsx';
import { type BenchItem, moveOnBench, removeFromBench, setWeight, shortWeight, toggleLock } from './bench.ts';
import { changeBench } from './bench-store.ts';
import classes from './merge.module.css';
import { WeightSlider } from './weight-slider.tsx';

/** Leads to what is said of the conflict, and to the way out. */
function showChecks(): void {
  document.querySelector(`[aria-label="${mergeStrings.checksLabel}"]`)?.scrollIntoView({ block: 'center' });
}

interface BenchRowProps {
  item: BenchItem;
  place: number;
  count: number;
  adapter: AdapterRecord | undefined;
  names: AdapterNames | null;
  conflict: PreflightLine | null;
}

const rowPrefix = 'bench-row/';

/** The id of a row while it is dragged, and of the place where it is dropped. */
export function rowId(adapterId: string): string {
  return rowPrefix + adapterId;
}

/** The adapter of a row's id; null for ids of other things. */
export function adapterOfRow(id: string): string | null {
  return id.startsWith(rowPrefix) ? id.slice(rowPrefix.length) : null;
}

/** An adapter on the bench: its number and color as in the results, its weight, and what the checks say of it alone. */
export function BenchRow({ item, place, count, adapter, names, conflict }: BenchRowProps) {
  const name = adapter?.name ?? mergeStrings.deleted;
  const id = item.adapterId;
  const drag = useDraggable({ id: rowId(id) });
  const drop = useDroppable({ id: rowId(id) });
  const change = (weight: MergeWeight) => changeBench((bench) => setWeight(bench, id, weight));
  const moveBy = (by: number) => changeBench((bench) => moveOnBench(bench, id, place + by));
  return (
    <li
      ref={(element) => {
        drop.setNodeRef(element);
        drag.setNodeRef(element);
      }}
      className={classes['item']}
      aria-label={name}
      data-dragging={drag.isDragging || undefined}
      data-target={(drop.isOver && drop.active !== null && drop.active.id !== rowId(id)) || undefined}
    >
      <button
        type="button"
        className={classes['handle']}
        {...drag.listeners}
        aria-label={mergeStrings.move(name, place + 1, count)}
        onKeyDown={(event) => {
          const by = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : 0;
          if (by === 0) return;
          event.preventDefault();
          moveBy(by);
        }}
      >
        <IconGripVertical size={14} aria-hidden />
        <span className={classes['number']} data-coto={adapter?.coto != null || undefined}>
          {place + 1}
        </span>
      </button>
      <div className={classes['who']}>
        <div className={classes['whoName']}>
          <Text size="sm" lineClamp={2} title={name}>
            {name}
          </Text>
          <CotoMark on={adapter?.coto != null} />
          {conflict ? (
            <Tooltip label={conflict.message}>
              <Badge
                color={conflict.verdict === 'refused' ? 'red' : 'yellow'}
                flex="none"
                component="button"
                className={classes['conflict'] ?? ''}
                onClick={showChecks}
                aria-label={`${conflict.verdict === 'refused' ? mergeStrings.conflict.refused : mergeStrings.conflict.warning}: ${conflict.message}`}
              >
                {conflict.verdict === 'refused' ? mergeStrings.conflict.refused : mergeStrings.conflict.warning}
              </Badge>
            </Tooltip>
          ) : null}
        </div>
        {names ? (
          <Text size="xs" c="dimmed" truncate title={mergeStrings.base(names.model)}>
            <span className={classes['base']} style={{ background: names.baseColor, display: 'inline-block' }} />{' '}
            {names.dataset ?? names.model}
          </Text>
        ) : null}
      </div>
      <WeightSlider name={name} weight={item.weight} disabled={item.locked} onChange={change} />
      <WeightInput name={name} weight={item.weight} disabled={item.locked} onChange={change} />
      <Tooltip label={item.locked ? mergeStrings.unlockTip : mergeStrings.lockTip}>
        <ActionIcon
          aria-label={item.locked ? mergeStrings.unlock(name) : mergeStrings.lock(name)}
          aria-pressed={item.locked}
          onClick={() => changeBench((bench) => toggleLock(bench, id))}
        >
          {item.locked ? <IconLock size={16} /> : <IconLockOpen size={16} />}
        </ActionIcon>
      </Tooltip>
      <Tooltip label={mergeStrings.removeTip}>
        <ActionIcon
          aria-label={mergeStrings.removeFromBench(name)}
          onClick={() => changeBench((bench) => removeFromBench(bench, id))}
        >
          <IconX size={16} />
        </ActionIcon>
      </Tooltip>
    </li>
  );
}

interface WeightInputProps {
  name: string;
  weight: MergeWeight;
  disabled: boolean;
  onChange: (weight: MergeWeight) => void;
}

/**
 * A weight as a number, or one for each layer with commas between; the arrow keys step a single one. Three digits are shown
 * until it has the focus.
 */
function WeightInput({ name, weight, disabled, onChange }: WeightInputProps) {
  const [typed, setTyped] = useState(weightText(weight));
  const [focused, setFocused] = useState(false);
  // Changes from elsewhere (the slider, Normalize) replace the typed text.
  const exact = weightFromText(typed)?.toString() === weight.toString() ? typed : weightText(weight);
  const step = (by: number) => {
    if (typeof weight === 'number') onChange(Number((weight + by).toPrecision(12)));
  };
  return (
    <Tooltip label={mergeStrings.weightTip(weightText(weight))} openDelay={600}>
      <TextInput
        aria-label={mergeStrings.weightAsNumber(name)}
        value={focused ? exact : shortWeight(weight)}
        inputMode="decimal"
        disabled={disabled}
        styles={{ input: { textAlign: 'right' } }}
        onFocus={() => {
          setTyped(weightText(weight));
          setFocused(true);
        }}
        onBlur={() => setFocused(false)}
        onChange={({ currentTarget }) => {
          setTyped(currentTarget.value);
          const next = weightFromText(currentTarget.value);
          if (next !== null) onChange(next);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
          event.preventDefault();
          step(event.key === 'ArrowUp' ? 0.05 : -0.05);
        }}
      />
    </Tooltip>
  );
}
