import { Group, Select, Skeleton, Stack, Table, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { isEvaluation, stepTimeFigure } from '../../../src-shared/figures/index.ts';
import { configDifferences } from '../../../src-shared/results/config-differences.ts';
import { forgettingHeading, riseText } from '../../../src-shared/results/forgetting.ts';
import { headlineText } from '../../../src-shared/results/headline.ts';
import { navigate, pathOf } from '../../app/routes.tsx';
import { formatNumber, formatPercent } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { TunedBadge } from '../studies/tuned-badge.tsx';
import { ChartControls, initialView } from './chart-controls.tsx';

import { CotoMark } from './coto-mark.tsx';
import { CurveFigure } from './curve-figure.tsx';
import { usePlotBuckets } from './plot-buckets.ts';
import { methodLabel } from './run-labels.ts';
import { useHistory } from './use-history.ts';
import { useVariantNames } from './use-variant-names.ts';

interface MetricChoice {
  readonly value: string;
  readonly label: string;
  readonly yTitle: string;
  readonly factor?: number;
}

const metrics: readonly MetricChoice[] = [
  { value: 'loss', label: 'Training loss', yTitle: 'loss (nats)' },
  { value: 'eval_accuracy', label: 'Eval accuracy', yTitle: 'accuracy (%)', factor: 100 },
  { value: 'eval_exact_match', label: 'Eval exact match', yTitle: 'exact match (%)', factor: 100 },
  { value: 'eval_loss', label: 'Eval loss', yTitle: 'loss (nats)' },
  { value: 'eval_perplexity', label: 'Eval perplexity', yTitle: 'perplexity' },
  { value: 'learning_rate', label: 'Learning rate', yTitle: 'learning rate' },
  { value: 'grad_norm', label: 'Gradient norm', yTitle: 'L2 norm' },
  { value: 'step_milliseconds', label: 'Step time', yTitle: 'step time (ms)' },
  { value: 'active_share', label: 'Groups on', yTitle: 'active layers (%)', factor: 100 },
];

/** The chosen runs laid over each other: curves, what their configs differ in, their results. */
export function RunComparison({ runs }: { runs: readonly RunRecord[] }) {
  const theme = useFigureTheme();
  const variants = useVariantNames();
  const [view, setView] = useState(initialView);
  const [metric, setMetric] = useState('loss');
  const snapshot = useHistory({
    ids: runs.map((run) => run.id),
    metrics: view.x === 'time' ? [metric, 'step_milliseconds'] : [metric],
    masks: false,
    from: null,
    to: null,
    buckets: usePlotBuckets(0.75),
  });
  // The curve that was shown stays until the one that was chosen is there.
  const shown = metrics.find((candidate) => candidate.value === snapshot?.query.metrics[0]);
  const timed = runs.filter((run) => run.result !== null);
  const times = useMemo(
    () =>
      stepTimeFigure(
        timed.map((run) => ({
          id: run.id,
          label: methodLabel(run.config, variants),
          coto: run.config.coto !== null,
          seed: run.config.seed,
          meanStepMilliseconds: run.result?.meanStepMilliseconds ?? 0,
        })),
        theme,
      ),
    [runs, theme, variants],
  );
  const differences = useMemo(() => configDifferences(runs.map((run) => run.config)), [runs]);
  const open = (runId: string) => navigate(pathOf('runs', runId));
  return (
    <Stack gap={12}>
      <Group justify="space-between">
        <Select
          aria-label="Metric of the curves"
          data={metrics.map(({ value, label }) => ({ value, label }))}
          value={metric}
          onChange={(value) => setMetric(value ?? 'loss')}
          allowDeselect={false}
          w={160}
        />
        <ChartControls view={view} onChange={setView} evaluations={isEvaluation(metric)} />
      </Group>
      <Panel>
        {snapshot && shown ? (
          <CurveFigure
            runs={runs}
            snapshot={snapshot}
            options={{
              metric: shown.value,
              title: shown.label,
              yTitle: shown.yTitle,
              ...(shown.factor === undefined ? {} : { factor: shown.factor }),
              ...view,
            }}
            height={340}
            name={`${shown.label} of ${runs.length} runs`}
            note=" A click on a curve opens its run."
            onRunClick={open}
          />
        ) : (
          <Skeleton h={372} />
        )}
      </Panel>
      <Panel title="Results" aside={<TunedBadge of={{ runIds: runs.map(({ id }) => id) }} />} flush>
        <Results runs={runs} variants={variants} />
      </Panel>
      <Panel title="Config differences" note={differences.length === 0 ? 'nothing' : ''} flush>
        {differences.length > 0 ? (
          <Table.ScrollContainer minWidth={300}>
            <Table aria-label="Config differences" verticalSpacing={4} horizontalSpacing={12}>
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Setting</Table.Th>
                  {runs.map((run) => (
                    <Table.Th key={run.id}>{run.name}</Table.Th>
                  ))}
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {differences.map((row) => (
                  <Table.Tr key={row.name}>
                    <Table.Td ff="monospace">{row.name}</Table.Td>
                    {runs.map((run, index) => (
                      <Table.Td key={run.id}>{row.values[index] ?? '–'}</Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        ) : (
          <Text size="sm" c="dimmed" p={12}>
            Identical configs
          </Text>
        )}
      </Panel>
      {timed.length > 1 ? (
        <Panel>
          <Figure
            figure={times}
            height={280}
            name="Step time"
            caption={times.caption}
            onPointClick={({ customData }) => {
              if (typeof customData === 'string') open(customData);
            }}
          />
        </Panel>
      ) : null}
    </Stack>
  );
}

function Results({ runs, variants }: { runs: readonly RunRecord[]; variants: ReadonlyMap<string, string> }) {
  const forgetting = forgettingHeading(runs.map(({ result }) => result?.forgetting));
  return (
    <Table.ScrollContainer minWidth={300}>
      <Table aria-label="Final metrics" style={{ whiteSpace: 'nowrap' }} verticalSpacing={4} horizontalSpacing={12}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Run</Table.Th>
            <Table.Th>Method</Table.Th>
            <Table.Th ta="right">Score</Table.Th>
            {forgetting === null ? null : <Table.Th ta="right">{forgetting}</Table.Th>}
            <Table.Th ta="right">Test loss</Table.Th>
            <Table.Th ta="right">Step ms</Table.Th>
            <Table.Th ta="right">Groups on %</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <Table.Tr key={run.id}>
              <Table.Td>{run.name}</Table.Td>
              <Table.Td>
                <Group gap={6} wrap="nowrap">
                  {variants.get(run.config.adapter.variant) ?? run.config.adapter.variant}
                  <CotoMark on={run.config.coto !== null} />
                </Group>
              </Table.Td>
              <Table.Td ta="right">{headlineText(run.result) || '–'}</Table.Td>
              {forgetting === null ? null : <Table.Td ta="right">{riseText(run.result?.forgetting?.rise)}</Table.Td>}
              <Table.Td ta="right">{formatNumber(run.result?.evalLoss)}</Table.Td>
              <Table.Td ta="right">{formatNumber(run.result?.meanStepMilliseconds)}</Table.Td>
              <Table.Td ta="right">{formatPercent(run.result?.meanActiveShare)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
