import { Button, Table } from '@mantine/core';
import type { PruningStudyResult } from '../../../src-shared/domain/study.ts';
import { formatNumber, formatPercent } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';

/** A pruned adapter of a pruning study: the adapter's index, and that of the pattern or the sparsity. */
export interface KeepChoice {
  readonly kind: 'pattern' | 'sparsity';
  readonly adapter: number;
  readonly index: number;
}

/** A series and its seed; seed 0 stands for an adapter whose seed is not known, which goes by its name alone. */
export function seriesName({ label, seed }: { label: string; seed: number }): string {
  return seed === 0 ? label : `${label}, seed ${seed}`;
}

interface PruningTableProps {
  result: PruningStudyResult;
  onKeep: (choice: KeepChoice) => void;
}

/** Every score of a pruning study, with a button that keeps the adapter behind it. */
export function PruningTable({ result, onKeep }: PruningTableProps) {
  return (
    <Panel title="Every score" flush>
      <Table.ScrollContainer minWidth={480}>
        <Table aria-label="Pruned adapters" verticalSpacing={2} horizontalSpacing={12}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Adapter</Table.Th>
              <Table.Th>Pruned by</Table.Th>
              <Table.Th ta="right">Accuracy %</Table.Th>
              <Table.Th ta="right">Lost points</Table.Th>
              <Table.Th ta="right">Loss</Table.Th>
              <Table.Th aria-label="Keep" />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {result.adapters.flatMap((adapter, index) => {
              const name = seriesName(adapter);
              const rows = [
                { key: 'unpruned', label: 'unpruned', score: adapter.unpruned, choice: null },
                ...adapter.patterns.map((score, at) => ({
                  key: `pattern-${at}`,
                  label: score.label,
                  score,
                  choice: { kind: 'pattern', adapter: index, index: at } as const,
                })),
                ...adapter.sparsities.map((score, at) => ({
                  key: `sparsity-${at}`,
                  label: `${formatPercent(score.sparsity)} % of the factors zeroed`,
                  score,
                  choice: { kind: 'sparsity', adapter: index, index: at } as const,
                })),
              ];
              return rows.map((row) => (
                <Table.Tr key={`${index}-${row.key}`}>
                  <Table.Td>{name}</Table.Td>
                  <Table.Td>{row.label}</Table.Td>
                  <Table.Td ta="right">{formatPercent(row.score.accuracy)}</Table.Td>
                  <Table.Td ta="right">
                    {row.choice ? ((adapter.unpruned.accuracy - row.score.accuracy) * 100).toFixed(2) : ''}
                  </Table.Td>
                  <Table.Td ta="right">{formatNumber(row.score.loss)}</Table.Td>
                  <Table.Td ta="right" h={34}>
                    {row.choice ? (
                      <Button
                        variant="subtle"
                        aria-label={`Keep ${name}, ${row.label}`}
                        onClick={() => row.choice && onKeep(row.choice)}
                      >
                        Keep
                      </Button>
                    ) : null}
                  </Table.Td>
                </Table.Tr>
              ));
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Panel>
  );
}
