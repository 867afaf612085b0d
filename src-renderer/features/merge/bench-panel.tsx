import { useDroppable } from '@dnd-kit/core';
import { ActionIcon, Button, Group, Slider, Text, TextInput, Tooltip } from '@mantine/core';
import { IconLock, IconLockOpen, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import { type MergeWeight, meanWeight, weightFromText, weightText } from '../../../src-shared/domain/merge.ts';
import { formatFixed, formatNumber } from '../../../src-shared/format/numbers.ts';
import { CotoMark } from '../runs/coto-mark.tsx';
import type { AdapterNames } from './adapter-card.tsx';
import { type BenchItem, equalShares, normalize, removeFromBench, setWeight, toggleLock, weightSum } from './bench.ts';
import { changeBench, useBench } from './bench-store.ts';
import classes from './merge.module.css';

interface BenchPanelProps {
  adapters: ReadonlyMap<string, AdapterRecord>;
  namesOf: (adapter: AdapterRecord) => AdapterNames;
  /** Something is being dragged: the bench shows that it waits. */
  isDragging: boolean;
}

export const benchId = 'merge-bench';

/** Where adapters are dropped, each with its weight. */
export function BenchPanel({ adapters, namesOf, isDragging }: BenchPanelProps) {
  const { bench } = useBench();
  const { setNodeRef, isOver } = useDroppable({ id: benchId });
  return (
    <section
      ref={setNodeRef}
      aria-label="Merge bench"
      className={classes['drop']}
      data-waiting={isDragging || undefined}
      data-over={isOver || undefined}
    >
      {bench.length === 0 ? (
        <div className={classes['hint']}>
          {isDragging
            ? 'Release to add'
            : 'Drag adapters from the shelf onto this bench, or focus a card and press Enter. Two or more of one base can be merged.'}
        </div>
      ) : (
        <>
          <ul className={classes['items']} aria-label="Adapters on the bench">
            {bench.map((item) => (
              <BenchRow key={item.adapterId} item={item} adapter={adapters.get(item.adapterId)} namesOf={namesOf} />
            ))}
          </ul>
          <div className={classes['foot']}>
            <Text size="xs" c="dimmed">
              Sum of weights {formatNumber(weightSum(bench))}
            </Text>
            <Group gap={8} ml="auto">
              <Button variant="default" onClick={() => changeBench(equalShares)}>
                Equal weights
              </Button>
              <Button variant="default" onClick={() => changeBench(normalize)}>
                Normalize
              </Button>
              <Button variant="default" onClick={() => changeBench({ bench: [] })}>
                Clear
              </Button>
            </Group>
          </div>
        </>
      )}
    </section>
  );
}

interface WeightInputProps {
  name: string;
  weight: MergeWeight;
  disabled: boolean;
  onChange: (weight: MergeWeight) => void;
}

/** A weight as a number, or one for each layer with commas between; the arrow keys step a single one. */
function WeightInput({ name, weight, disabled, onChange }: WeightInputProps) {
  const [typed, setTyped] = useState(weightText(weight));
  // What was changed elsewhere (the slider, Normalize) replaces what was typed.
  const shown = weightFromText(typed)?.toString() === weight.toString() ? typed : weightText(weight);
  const step = (by: number) => {
    if (typeof weight === 'number') onChange(Number((weight + by).toPrecision(12)));
  };
  return (
    <Tooltip label="One number, or one for each layer: 1, 1, 0.5, 0" openDelay={600}>
      <TextInput
        aria-label={`Weight of ${name} as a number`}
        value={shown}
        inputMode="decimal"
        disabled={disabled}
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

interface BenchRowProps {
  item: BenchItem;
  adapter: AdapterRecord | undefined;
  namesOf: (adapter: AdapterRecord) => AdapterNames;
}

function BenchRow({ item, adapter, namesOf }: BenchRowProps) {
  const name = adapter?.name ?? 'A deleted adapter';
  const id = item.adapterId;
  const change = (weight: MergeWeight) => changeBench((bench) => setWeight(bench, id, weight));
  return (
    <li className={classes['item']} aria-label={name}>
      <Group gap={8} wrap="nowrap" miw={0}>
        {adapter ? (
          <span
            className={classes['base']}
            style={{ background: namesOf(adapter).baseColor }}
            title={`Base: ${namesOf(adapter).model}`}
          />
        ) : null}
        <Text size="sm" lineClamp={2} title={name}>
          {name}
        </Text>
        <CotoMark on={adapter?.coto != null} />
      </Group>
      <Slider
        thumbLabel={`Weight of ${name}`}
        min={-1}
        max={1.5}
        step={0.01}
        marks={[{ value: 0 }, { value: 1 }]}
        value={Math.max(-1, Math.min(1.5, meanWeight(item.weight)))}
        onChange={change}
        label={(value) => formatFixed(value, 2)}
        // A slider cannot say a weight by layer.
        disabled={item.locked || typeof item.weight !== 'number'}
        classNames={{ bar: classes['weightBar'] ?? '' }}
      />
      <WeightInput name={name} weight={item.weight} disabled={item.locked} onChange={change} />
      <Tooltip label={item.locked ? 'Unlock this weight' : 'Lock this weight (Normalize won’t change it)'}>
        <ActionIcon
          aria-label={item.locked ? `Unlock the weight of ${name}` : `Lock the weight of ${name}`}
          aria-pressed={item.locked}
          onClick={() => changeBench((bench) => toggleLock(bench, id))}
        >
          {item.locked ? <IconLock size={16} /> : <IconLockOpen size={16} />}
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Remove from bench">
        <ActionIcon
          aria-label={`Remove ${name} from the bench`}
          onClick={() => changeBench((bench) => removeFromBench(bench, id))}
        >
          <IconX size={16} />
        </ActionIcon>
      </Tooltip>
    </li>
  );
}
