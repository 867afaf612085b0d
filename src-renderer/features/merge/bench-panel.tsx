import { useDroppable } from '@dnd-kit/core';
import { Button, Group, Text } from '@mantine/core';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { PreflightLine } from '../../../src-shared/domain/evaluation/evaluation.ts';
import { formatNumber } from '../../../src-shared/format/numbers.ts';
import { mergeStrings } from '../../strings/merge.ts';
import type { AdapterNames } from './adapter-card.tsx';
import { equalShares, normalize, weightSum } from './bench.ts';
import { BenchRow } from './bench-row.tsx';
import { changeBench, useBench } from './bench-store.ts';
import { conflictOf } from './check-summary.ts';
import classes from './merge.module.css';
import { weightRange } from './weight-slider.tsx';
import { WhatIf } from './what-if.tsx';

interface BenchPanelProps {
  adapters: ReadonlyMap<string, AdapterRecord>;
  namesOf: (adapter: AdapterRecord) => AdapterNames;
  /** Preflight results; problems of a single adapter appear in its row. */
  checks: readonly PreflightLine[];
  /** Something is being dragged: the bench shows that it waits. */
  isDragging: boolean;
}

export const benchId = 'merge-bench';

/** Drop area for adapters, each with its weight. */
export function BenchPanel({ adapters, namesOf, checks, isDragging }: BenchPanelProps) {
  const { bench } = useBench();
  const { setNodeRef, isOver } = useDroppable({ id: benchId });
  return (
    <section
      ref={setNodeRef}
      aria-label={mergeStrings.bench}
      className={classes['drop']}
      data-waiting={isDragging || undefined}
      data-over={isOver || undefined}
    >
      {bench.length === 0 ? (
        <div className={classes['hint']}>{isDragging ? mergeStrings.release : mergeStrings.benchHint}</div>
      ) : (
        <>
          <div className={classes['columns']} aria-hidden>
            <span />
            <span>{mergeStrings.adapterColumn}</span>
            <span className={classes['ticks']}>
              {weightRange.labels.map(({ value, share }) => (
                <span key={value} style={{ left: `${100 * share}%` }}>
                  {value}
                </span>
              ))}
            </span>
            <span className={classes['numberHead']}>{mergeStrings.weightColumn}</span>
          </div>
          <ul className={classes['items']} aria-label={mergeStrings.benchItems}>
            {bench.map((item, place) => {
              const adapter = adapters.get(item.adapterId);
              return (
                <BenchRow
                  key={item.adapterId}
                  item={item}
                  place={place}
                  count={bench.length}
                  adapter={adapter}
                  names={adapter ? namesOf(adapter) : null}
                  conflict={conflictOf(checks, place)}
                />
              );
            })}
          </ul>
          <div className={classes['foot']}>
            <Text size="xs" c="dimmed">
              {mergeStrings.sum(formatNumber(weightSum(bench)))}
            </Text>
            <Group gap={8} ml="auto">
              <Button variant="default" onClick={() => changeBench(equalShares)}>
                {mergeStrings.equalWeights}
              </Button>
              <Button variant="default" onClick={() => changeBench(normalize)}>
                {mergeStrings.normalize}
              </Button>
              <Button variant="default" onClick={() => changeBench({ bench: [] })}>
                {mergeStrings.clear}
              </Button>
            </Group>
          </div>
          <WhatIf bench={bench} />
        </>
      )}
    </section>
  );
}
