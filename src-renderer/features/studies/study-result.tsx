import { SegmentedControl, Stack, Table } from '@mantine/core';
import { useMemo, useState } from 'react';
import type {
  LambdaStudyResult,
  MergingStudyResult,
  PruningStudyResult,
  StudyResult,
} from '../../../src-shared/domain/study.ts';
import { lambdaFigure, mergingFigure, pruningFigure, sparsityFigure } from '../../../src-shared/figures/index.ts';
import { useRequest } from '../../api/query.ts';
import { formatNumber, formatPercent } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { type KeepChoice, PruningTable } from './pruning-table.tsx';

interface StudyResultViewProps {
  result: StudyResult;
  /** Makes the pruned adapter behind a point or a row. */
  onKeep: (choice: KeepChoice) => void;
}

/** The figures and the table of a study's result. */
export function StudyResultView({ result, onKeep }: StudyResultViewProps) {
  switch (result.kind) {
    case 'lambda':
      return <LambdaResult result={result} />;
    case 'pruning':
      return <PruningResult result={result} onKeep={onKeep} />;
    case 'merging':
      return <MergingResult result={result} />;
  }
}

function LambdaResult({ result }: { result: LambdaStudyResult }) {
  const theme = useFigureTheme();
  const [metric, setMetric] = useState<'accuracy' | 'loss'>('accuracy');
  const figure = useMemo(() => lambdaFigure(result, theme, metric), [result, theme, metric]);
  return (
    <Stack gap={12}>
      <Panel
        aside={
          <SegmentedControl
            aria-label="Metric of the curve"
            value={metric}
            onChange={(value) => setMetric(value === 'loss' ? 'loss' : 'accuracy')}
            data={[
              { value: 'accuracy', label: 'accuracy' },
              { value: 'loss', label: 'loss' },
            ]}
          />
        }
      >
        <Figure figure={figure} height={340} name="λ study" caption={figure.caption} />
      </Panel>
      <Panel title="Barriers" note="how far the curve falls below the straight line between its ends" flush>
        <Table aria-label="Barriers" verticalSpacing={4} horizontalSpacing={12}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Pair</Table.Th>
              <Table.Th ta="right">At λ = 0 %</Table.Th>
              <Table.Th ta="right">In the middle %</Table.Th>
              <Table.Th ta="right">At λ = 1 %</Table.Th>
              <Table.Th ta="right">Accuracy barrier points</Table.Th>
              <Table.Th ta="right">Loss barrier</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {result.pairs.map((pair, index) => (
              <Table.Tr key={index}>
                <Table.Td>{pair.label}</Table.Td>
                <Table.Td ta="right">{formatPercent(pair.points[0]?.accuracy)}</Table.Td>
                <Table.Td ta="right">
                  {formatPercent(pair.points[Math.floor(pair.points.length / 2)]?.accuracy)}
                </Table.Td>
                <Table.Td ta="right">{formatPercent(pair.points.at(-1)?.accuracy)}</Table.Td>
                <Table.Td ta="right">{(pair.accuracyBarrier * 100).toFixed(2)}</Table.Td>
                <Table.Td ta="right">{formatNumber(pair.lossBarrier)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Panel>
    </Stack>
  );
}

function PruningResult({ result, onKeep }: { result: PruningStudyResult; onKeep: (choice: KeepChoice) => void }) {
  const theme = useFigureTheme();
  const bars = useMemo(() => pruningFigure(result, theme), [result, theme]);
  const curve = useMemo(() => sparsityFigure(result, theme), [result, theme]);
  const hasPatterns = result.adapters.some((adapter) => adapter.patterns.length > 0);
  const hasSparsities = result.adapters.some((adapter) => adapter.sparsities.length > 0);
  const keepPoint = (kind: KeepChoice['kind'], customData: unknown) => {
    if (!Array.isArray(customData)) return;
    const [adapter, index] = customData;
    if (typeof adapter === 'number' && typeof index === 'number' && index >= 0) onKeep({ kind, adapter, index });
  };
  return (
    <Stack gap={12}>
      {hasPatterns ? (
        <Panel>
          <Figure
            figure={bars}
            height={320}
            name="Structured pruning"
            caption={`${bars.caption} A click keeps that pruned adapter.`}
            onPointClick={(point) => keepPoint('pattern', point.customData)}
          />
        </Panel>
      ) : null}
      {hasSparsities ? (
        <Panel>
          <Figure
            figure={curve}
            height={320}
            name="Magnitude pruning"
            caption={`${curve.caption} A click keeps that pruned adapter.`}
            onPointClick={(point) => keepPoint('sparsity', point.customData)}
          />
        </Panel>
      ) : null}
      <PruningTable result={result} onKeep={onKeep} />
    </Stack>
  );
}

function MergingResult({ result }: { result: MergingStudyResult }) {
  const theme = useFigureTheme();
  const figure = useMemo(() => mergingFigure(result, theme), [result, theme]);
  const { data: catalog } = useRequest('app.catalog', {});
  const labels = new Map(catalog?.mergeMethods.map(({ id, label }) => [id, label]));
  const methods = [...new Set(result.groups.flatMap((group) => group.merged.map((merged) => merged.method)))];
  return (
    <Stack gap={12}>
      <Panel>
        <Figure figure={figure} height={340} name="Merging study" caption={figure.caption} />
      </Panel>
      <Panel title="Accuracy %" flush>
        <Table aria-label="Accuracy alone and merged" verticalSpacing={4} horizontalSpacing={12}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Group</Table.Th>
              <Table.Th ta="right">Alone, each</Table.Th>
              {methods.map((method) => (
                <Table.Th key={method} ta="right">
                  {labels.get(method) ?? method}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {result.groups.map((group) => (
              <Table.Tr key={group.label}>
                <Table.Td>{group.label}</Table.Td>
                <Table.Td ta="right">{group.alone.map((score) => formatPercent(score.accuracy)).join(' · ')}</Table.Td>
                {methods.map((method) => (
                  <Table.Td key={method} ta="right">
                    {formatPercent(group.merged.find((merged) => merged.method === method)?.accuracy)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Panel>
    </Stack>
  );
}
