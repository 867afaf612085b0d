import { Badge, Group, Skeleton, Table, Text, VisuallyHidden } from '@mantine/core';
import type { CheckpointSummary } from '../../../../src-shared/domain/runs/checkpoint.ts';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { valueText } from '../../../../src-shared/metrics/index.ts';
import { loss } from '../../../../src-shared/metrics/loss.ts';
import { headlineOf } from '../../../../src-shared/results/headline.ts';
import { useRequest } from '../../../api/query.ts';
import { EmptyState } from '../../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../../components/feedback/error-note.tsx';
import { formatBytes, formatCount } from '../../../components/format/format.ts';
import { Panel } from '../../../components/layout/panel.tsx';
import { runStrings } from '../../../strings/run.ts';
import { CheckpointMenu } from './checkpoint-menu.tsx';
import { useCheckpointActions } from './use-checkpoint-actions.ts';

const words = runStrings.checkpoints;

/** The checkpoints of a run with their evaluation, what they take, and what can be done with each. */
export function CheckpointTable({ run }: { run: RunRecord }) {
  const { data: checkpoints, error } = useRequest('runs.checkpoints', { id: run.id });
  const actions = useCheckpointActions(run, checkpoints ?? []);
  if (error) return <ErrorNote error={error} />;
  if (!checkpoints) return <Skeleton h={160} />;
  if (checkpoints.length === 0)
    return <EmptyState>{run.checkpoints.length === 0 ? words.none : words.noneLeft}</EmptyState>;
  const score = checkpoints.map(scoreOf).find((one) => one !== null);
  return (
    <Panel title={words.title} note={formatBytes(checkpoints.reduce((sum, { bytes }) => sum + bytes, 0))} flush>
      <Table aria-label={words.title} verticalSpacing={4} horizontalSpacing={12}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th ta="right">{words.step}</Table.Th>
            <Table.Th>
              <VisuallyHidden>{words.marks}</VisuallyHidden>
            </Table.Th>
            <Table.Th ta="right">{score?.label ?? runStrings.evaluation}</Table.Th>
            <Table.Th ta="right">{runStrings.evalLoss}</Table.Th>
            <Table.Th ta="right">{words.size}</Table.Th>
            <Table.Th>{words.adapter}</Table.Th>
            <Table.Th w={40}>
              <VisuallyHidden>{words.actionsColumn}</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {checkpoints.map((checkpoint) => (
            <Table.Tr key={checkpoint.folder}>
              <Table.Td ta="right">{formatCount(checkpoint.step)}</Table.Td>
              <Table.Td>
                <Marks checkpoint={checkpoint} />
              </Table.Td>
              <Table.Td ta="right">{scoreOf(checkpoint)?.text ?? '–'}</Table.Td>
              <Table.Td ta="right">{valueText(loss.id, checkpoint.evaluation?.loss)}</Table.Td>
              <Table.Td ta="right">{formatBytes(checkpoint.bytes)}</Table.Td>
              <Table.Td c="dimmed">{checkpoint.adapterId === null ? '' : words.saved}</Table.Td>
              <Table.Td>
                <CheckpointMenu run={run} checkpoint={checkpoint} actions={actions} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  );
}

function Marks({ checkpoint: { kind, isBest, resumable, neededFor } }: { checkpoint: CheckpointSummary }) {
  return (
    <Group gap={6} wrap="nowrap">
      <Text size="sm">{words.kind[kind]}</Text>
      {isBest && kind !== 'best' ? <Badge variant="light">{words.best}</Badge> : null}
      {neededFor === 'resume' ? (
        <Badge variant="light" color="gray">
          {words.resumePoint}
        </Badge>
      ) : null}
      {resumable ? null : (
        <Text size="xs" c="dimmed">
          {words.weightsOnly}
        </Text>
      )}
    </Group>
  );
}

function scoreOf({ evaluation }: CheckpointSummary) {
  return evaluation === null ? null : headlineOf({ accuracy: null, metrics: evaluation.metrics });
}
