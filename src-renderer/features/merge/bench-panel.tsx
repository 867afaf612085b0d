import { useDroppable } from '@dnd-kit/core';
import { Button, Group, Text } from '@mantine/core';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { PreflightLine } from '../../../src-shared/domain/evaluation/evaluation.ts';
import { formatFixed, formatNumber } from '../../../src-shared/format/numbers.ts';
import { weightEffect } from '../../../src-shared/results/weight-effect.ts';
import { useRequest } from '../../api/query.ts';
import { mergeStrings } from '../../strings/merge.ts';
import type { AdapterNames } from './adapter-card.tsx';
import type { Bench } from './bench.ts';
import { equalShares, normalize, weightSum } from './bench.ts';
import { BenchRow } from './bench-row.tsx';
import { changeBench, useBench } from './bench-store.ts';
import { conflictOf } from './check-summary.ts';
import classes from './merge.module.css';
import { weightRange } from './weight-slider.tsx';

const words = mergeStrings.whatIf;

/**
 * Preview of the merge that the weights would produce. The backend reads the adapters once; a moving slider asks
 * nothing. For adapters without such a sum, the checks give the reason.
 */
function WhatIf({ bench }: { bench: Bench }) {
  const adapters = bench.map(({ adapterId }) => adapterId);
  const { data: products } = useRequest('merge.products', { adapters }, { enabled: bench.length > 1 });
  if (bench.length < 2 || products === undefined) return null;
  const effect = weightEffect(
    products,
    bench.map(({ weight }) => weight),
  );
  const parts = effect?.inputs.map(({ share, cosine }, at) =>
    words.part(at + 1, percent(share), formatFixed(cosine, 2)),
  );
  return (
    <Text size="xs" c="dimmed" className={classes['whatIf'] ?? ''} title={words.help} role="status">
      {effect && parts ? `${words.sum} ${parts.join(' · ')} · ${words.kept(percent(effect.kept))}` : words.zero}
    </Text>
  );
}

function percent(share: number): string {
  return formatFixed(100 * share, 0);
}

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
