import { Code, Skeleton, Table, Text } from '@mantine/core';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { forgettingFact } from '../../../src-shared/results/forgetting.ts';
import { namedScores } from '../../../src-shared/results/headline.ts';
import { paddingText } from '../../../src-shared/results/padding.ts';
import { togetherText } from '../../../src-shared/results/together.ts';
import { useRequest } from '../../api/query.ts';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { CopyButton } from '../../components/format/copy-button.tsx';
import {
  formatCount,
  formatDuration,
  formatExact,
  formatNumber,
  formatPercent,
  plural,
} from '../../components/format/format.ts';
import { Facts, Panel } from '../../components/layout/panel.tsx';
import { methodWithRank } from './run-labels.ts';
import { useVariantNames } from './use-variant-names.ts';

/** What a run is and what it came to, in facts. */
export function RunFactsPanel({ run }: { run: RunRecord }) {
  const variants = useVariantNames();
  const { facts, result } = run;
  const together = facts && togetherText(facts);
  const split = run.config.eval_split === 'test' ? 'Test' : 'Validation';
  return (
    <Panel title="Facts">
      <Facts
        items={[
          { label: 'Method', value: methodWithRank(run.config, variants) },
          { label: 'Base', value: run.modelId },
          { label: 'Data', value: run.datasetId },
          { label: 'Seed', value: run.config.seed },
          ...(facts
            ? [
                {
                  label: 'Trainable',
                  value: `${formatCount(facts.trainableParameters)} of ${formatCount(facts.totalParameters)} (${formatPercent(facts.trainableParameters / facts.totalParameters)} %)`,
                },
                {
                  label: 'Examples',
                  value: `${formatCount(facts.trainExamples)} training, ${formatCount(facts.evalExamples)} ${run.config.eval_split}`,
                },
                ...(facts.paddingShare === null ? [] : [{ label: 'Padding', value: paddingText(facts.paddingShare) }]),
                {
                  label: 'Computed on',
                  value: `${facts.backend}, ${plural(facts.threads, 'thread')}, ${facts.computeDtype}`,
                },
                ...(together === null ? [] : [{ label: 'Trained together', value: together }]),
              ]
            : []),
          ...(result
            ? [
                ...namedScores(result).map(({ label, text }, at) => ({
                  label: at > 0 || split === 'Test' ? label : `Validation ${label.toLowerCase()}`,
                  value: text,
                })),
                ...(result.forgetting === null ? [] : [forgettingFact(result.forgetting)]),
                { label: `${split} loss`, value: formatNumber(result.evalLoss) },
                ...(result.best === null || result.best.value === null
                  ? []
                  : [
                      {
                        label: 'Best evaluation',
                        value: `${result.best.metric} ${formatNumber(result.best.value)} at step ${formatCount(result.best.step)}`,
                      },
                    ]),
                {
                  label: 'Step time',
                  value: `${formatNumber(result.meanStepMilliseconds)} ms mean, ${formatNumber(result.medianStepMilliseconds)} ms median`,
                },
                { label: 'Groups on', value: `${formatPercent(result.meanActiveShare)} % on average` },
                { label: 'Training time', value: formatDuration(result.trainSeconds) },
              ]
            : []),
        ]}
      />
    </Panel>
  );
}

export function RunCheckpoints({ run }: { run: RunRecord }) {
  if (run.checkpoints.length === 0)
    return (
      <EmptyState>
        Checkpoints appear here at save_steps, on a pause, at each best evaluation and at the end.
      </EmptyState>
    );
  const isLanguageModel = run.result?.metrics['perplexity'] !== undefined;
  return (
    <Panel title="Checkpoints" flush>
      <Table aria-label="Checkpoints" verticalSpacing={4} horizontalSpacing={12}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Kind</Table.Th>
            <Table.Th ta="right">Step</Table.Th>
            <Table.Th ta="right">{isLanguageModel ? 'Token accuracy %' : 'Accuracy %'}</Table.Th>
            <Table.Th>Can be resumed</Table.Th>
            <Table.Th>Folder</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {run.checkpoints.map((checkpoint) => (
            <Table.Tr key={checkpoint.folder}>
              <Table.Td>{checkpoint.kind}</Table.Td>
              <Table.Td ta="right">{formatCount(checkpoint.step)}</Table.Td>
              <Table.Td ta="right">{formatPercent(checkpoint.accuracy)}</Table.Td>
              <Table.Td>{checkpoint.resumable ? 'yes' : 'weights only'}</Table.Td>
              <Table.Td>
                <Text size="xs" ff="monospace">
                  {checkpoint.folder}
                </Text>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  );
}

/** The run's own YAML, as `coto train` reads it. */
export function RunConfigText({ run }: { run: RunRecord }) {
  const { data, error } = useRequest('runs.estimate', { config: run.config });
  if (error) return <ErrorNote error={error} />;
  if (!data) return <Skeleton h={200} />;
  return (
    <Panel title="Config" note="non-default values" aside={<CopyButton text={data.yaml} label="Copy the YAML" />}>
      <Code block>{data.yaml}</Code>
    </Panel>
  );
}

export function RunLog({ run }: { run: RunRecord }) {
  const active = run.status === 'running';
  const { data, error } = useRequest('runs.log', { id: run.id }, { refetchInterval: active ? 2000 : false });
  if (error) return <ErrorNote error={error} />;
  if (!data) return <Skeleton h={200} />;
  if (data.length === 0) return <EmptyState>Nothing has been logged yet.</EmptyState>;
  const text = data.map((line) => `${formatExact(line.at)}  ${line.level.padEnd(7)}  ${line.text}`).join('\n');
  return (
    <Panel title="Log" aside={<CopyButton text={text} label="Copy the log" />}>
      <Code block mah={480} style={{ overflow: 'auto', whiteSpace: 'pre-wrap' }}>
        {text}
      </Code>
    </Panel>
  );
}
