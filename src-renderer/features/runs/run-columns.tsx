import { ActionIcon, Badge, Group, Progress, Text, Tooltip } from '@mantine/core';
import { IconStar, IconStarFilled } from '@tabler/icons-react';
import type { JobRecord } from '../../../src-shared/domain/job.ts';
import { rankOf } from '../../../src-shared/domain/parameter-values.ts';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import { earlyStop } from '../../../src-shared/results/early-stop.ts';
import { forgettingFact, riseText } from '../../../src-shared/results/forgetting.ts';
import { headlineOf, headlineText } from '../../../src-shared/results/headline.ts';
import { StatusMark } from '../../components/feedback/status-mark.tsx';
import { formatCount, formatDuration, formatNumber } from '../../components/format/format.ts';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import type { DataColumn } from '../../components/table/data-table.tsx';
import { CotoMark } from './coto-mark.tsx';

interface ColumnInputs {
  variants: ReadonlyMap<string, string>;
  jobs: ReadonlyMap<string, JobRecord>;
  onStar: (run: RunRecord) => void;
}

/** The columns of the runs' table, in order. */
export function runColumns({ variants, jobs, onStar }: ColumnInputs): DataColumn<RunRecord>[] {
  return [
    {
      id: 'starred',
      header: '★',
      help: 'Starred',
      width: 32,
      value: (run) => (run.starred ? 1 : 0),
      cell: (run) => (
        <ActionIcon
          size={20}
          aria-label={run.starred ? `Unstar ${run.name}` : `Star ${run.name}`}
          aria-pressed={run.starred}
          onClick={() => onStar(run)}
        >
          {run.starred ? <IconStarFilled size={14} /> : <IconStar size={14} />}
        </ActionIcon>
      ),
    },
    {
      id: 'name',
      header: 'Name',
      value: (run) => run.name,
      cell: (run) => (
        <Text size="sm" maw={230} truncate title={run.name}>
          {run.name}
        </Text>
      ),
    },
    {
      id: 'coto',
      header: 'CoTo',
      help: 'Trained with the CoTo schedule',
      value: (run) => (run.config.coto ? 'CoTo' : ''),
      cell: (run) => <CotoMark on={run.config.coto !== null} />,
    },
    {
      id: 'status',
      header: 'Status',
      width: 130,
      value: (run) => run.status,
      cell: (run) => <StatusCell run={run} job={jobs.get(run.id)} />,
    },
    {
      id: 'score',
      header: 'Score',
      help: 'Accuracy; of language models exact match or perplexity. On the test split, or (val) on the validation split of runs with eval_split validation',
      align: 'right',
      value: (run) => headlineOf(run.result)?.rank ?? null,
      cell: (run) =>
        `${run.result && run.config.eval_split === 'validation' ? 'val ' : ''}${headlineText(run.result) || '–'}`,
    },
    {
      id: 'forgetting',
      header: 'Forgetting',
      help: 'What the adapter costs its base on neutral inputs: the rise of a loss, or of the drift of the embeddings',
      align: 'right',
      value: (run) => run.result?.forgetting?.rise ?? null,
      cell: (run) => (
        <span title={run.result?.forgetting ? forgettingFact(run.result.forgetting).value : undefined}>
          {riseText(run.result?.forgetting?.rise)}
        </span>
      ),
    },
    { id: 'seed', header: 'Seed', align: 'right', value: (run) => run.config.seed },
    {
      id: 'loss',
      header: 'Eval loss',
      help: 'On the test split, or on the validation split of runs with eval_split validation',
      align: 'right',
      value: (run) => run.result?.evalLoss ?? null,
      cell: (run) => formatNumber(run.result?.evalLoss),
    },
    {
      id: 'step-time',
      header: 'Step',
      unit: 'ms',
      help: 'Mean wall-clock time of an optimizer step',
      align: 'right',
      value: (run) => run.result?.meanStepMilliseconds ?? null,
      cell: (run) => formatNumber(run.result?.meanStepMilliseconds),
    },
    {
      id: 'steps',
      header: 'Steps',
      align: 'right',
      value: (run) => run.step,
      cell: (run) => <span title={earlyStop(run) ?? undefined}>{formatCount(run.step)}</span>,
    },
    {
      id: 'variant',
      header: 'Variant',
      value: (run) => variants.get(run.config.adapter.variant) ?? run.config.adapter.variant,
    },
    { id: 'r', header: 'r', align: 'right', value: (run) => rankOf(run.config.adapter.parameters) },
    {
      id: 'learning-rate',
      header: 'learning_rate',
      align: 'right',
      value: (run) => run.config.learning_rate,
      cell: (run) => formatNumber(run.config.learning_rate),
    },
    {
      id: 'tags',
      header: 'Tags',
      value: (run) => run.tags.join(' '),
      cell: (run) => (
        <Group gap={4} wrap="nowrap">
          {run.tags.map((tag) => (
            <Badge key={tag} color="gray" style={{ flex: 'none' }}>
              {tag}
            </Badge>
          ))}
        </Group>
      ),
    },
    { id: 'dataset', header: 'Data', value: (run) => run.datasetId },
    {
      id: 'created',
      header: 'Created',
      align: 'right',
      value: (run) => run.createdAt,
      cell: (run) => <RelativeTime at={run.createdAt} />,
    },
  ];
}

function StatusCell({ run, job }: { run: RunRecord; job: JobRecord | undefined }) {
  const total = run.facts?.totalSteps ?? 0;
  if (run.status !== 'running' || total === 0)
    return (
      <Tooltip label={run.error?.message ?? ''} disabled={!run.error}>
        <span>
          <StatusMark status={run.status} />
        </span>
      </Tooltip>
    );
  const share = (100 * run.step) / total;
  return (
    <Group gap={8} wrap="nowrap">
      <Progress
        value={share}
        w={64}
        aria-label={`${run.name}: ${Math.round(share)} %`}
        color={run.config.coto ? 'var(--studio-coto)' : 'indigo'}
      />
      <Text size="xs" c="dimmed">
        {Math.round(share)} %{job?.progress?.etaSeconds != null ? `, ${formatDuration(job.progress.etaSeconds)}` : ''}
      </Text>
    </Group>
  );
}
