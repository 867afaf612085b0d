import { Table, Text } from '@mantine/core';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type {
  BenchmarkRequest,
  BenchmarkResult,
  BenchmarkScore,
} from '../../../src-shared/domain/evaluation/benchmark.ts';
import { type FigureTheme, seriesColors } from '../../../src-shared/figures/index.ts';
import {
  benchmarkRows,
  benchmarkValueText,
  signedValueText,
  standardErrorText,
} from '../../../src-shared/results/benchmark-rows.ts';
import { useRequest } from '../../api/query.ts';
import { formatCount } from '../../components/format/format.ts';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { benchmarksStrings as words } from '../../strings/benchmarks.ts';
import { adapterColor } from '../adapters/adapter-color.ts';
import classes from './benchmarks.module.css';
import { WideTable } from './wide-table.tsx';

interface BenchmarkTableProps {
  result: BenchmarkResult;
  columns: BenchmarkRequest['columns'];
  names: readonly string[];
}

/** Each task and metric in a row; the base and each adapter beside it, with what the adapter changed. */
export function BenchmarkTable({ result, columns, names }: BenchmarkTableProps) {
  const theme = useFigureTheme();
  const { data: adapters = [] } = useRequest('adapters.list', {});
  const base = columns.indexOf(null);
  return (
    <WideTable label={words.results}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th className={classes['first'] ?? ''}>{words.task}</Table.Th>
          <Table.Th>{words.metric}</Table.Th>
          <Table.Th ta="right">{words.shots}</Table.Th>
          <Table.Th ta="right">{words.examples}</Table.Th>
          {names.map((name, column) => (
            <Table.Th key={name} ta="right" title={name} className={classes['model'] ?? ''}>
              <span
                className={classes['mark']}
                style={{ background: roleColor(columns[column] ?? null, adapters, theme) }}
              />
              {name}
            </Table.Th>
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {benchmarkRows(result).map(({ task, isFirstOfTask, shots, metric, label, scores }) => {
          const isHigherBetter = task.higherIsBetter[metric] ?? true;
          return (
            <Table.Tr key={`${task.name} ${label}`}>
              <Table.Td className={classes['first'] ?? ''}>{isFirstOfTask ? task.name : ''}</Table.Td>
              <Table.Td title={isHigherBetter ? words.higher : words.lower}>
                {label} {isHigherBetter ? '↑' : '↓'}
              </Table.Td>
              <Table.Td ta="right">{isFirstOfTask ? shots : ''}</Table.Td>
              <Table.Td ta="right">{isFirstOfTask ? formatCount(task.examples) : ''}</Table.Td>
              {names.map((name, column) => (
                <Score
                  key={name}
                  score={scores[column]}
                  before={column === base ? undefined : scores[base]}
                  baseName={names[base] ?? ''}
                />
              ))}
            </Table.Tr>
          );
        })}
      </Table.Tbody>
    </WideTable>
  );
}

interface ScoreProps {
  score: BenchmarkScore | undefined;
  before: BenchmarkScore | undefined;
  baseName: string;
}

function Score({ score, before, baseName }: ScoreProps) {
  const value = score?.value ?? null;
  const difference = value === null || before?.value == null ? null : signedValueText(value - before.value);
  return (
    <Table.Td ta="right" className={classes['score'] ?? ''}>
      {benchmarkValueText(score)}
      {score?.stderr == null ? null : (
        <Text span c="dimmed" inherit>
          {` ${standardErrorText(score)}`}
        </Text>
      )}
      {difference === null ? null : (
        <Text size="xs" c="dimmed" title={words.against(difference, baseName)}>
          {difference}
        </Text>
      )}
    </Table.Td>
  );
}

/** The color that a column's role has in every figure. */
function roleColor(
  column: BenchmarkRequest['columns'][number],
  adapters: readonly AdapterRecord[],
  theme: FigureTheme,
): string {
  if (column === null) return seriesColors(theme).base;
  const adapter = 'adapterId' in column ? adapters.find(({ id }) => id === column.adapterId) : undefined;
  return adapterColor(adapter, theme);
}
