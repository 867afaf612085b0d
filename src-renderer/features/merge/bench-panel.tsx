import { useDroppable } from '@dnd-kit/core';
import { ActionIcon, Button, Group, NumberInput, Slider, Text, Tooltip } from '@mantine/core';
import { IconLock, IconLockOpen, IconX } from '@tabler/icons-react';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
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
              Sum of weights {Number(weightSum(bench).toFixed(4))}
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

interface BenchRowProps {
  item: BenchItem;
  adapter: AdapterRecord | undefined;
  namesOf: (adapter: AdapterRecord) => AdapterNames;
}

function BenchRow({ item, adapter, namesOf }: BenchRowProps) {
  const name = adapter?.name ?? 'A deleted adapter';
  const id = item.adapterId;
  const change = (weight: number) => changeBench((bench) => setWeight(bench, id, weight));
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
        value={Math.max(-1, Math.min(1.5, item.weight))}
        onChange={change}
        label={(value) => value.toFixed(2)}
        disabled={item.locked}
        classNames={{ bar: classes['weightBar'] ?? '' }}
      />
      <NumberInput
        aria-label={`Weight of ${name} as a number`}
        value={item.weight}
        onChange={(value) => {
          const weight = typeof value === 'number' ? value : Number.parseFloat(value);
          if (Number.isFinite(weight)) change(weight);
        }}
        step={0.05}
        decimalScale={6}
        disabled={item.locked}
      />
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
