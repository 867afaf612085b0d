import { ActionIcon, Badge, Group } from '@mantine/core';
import { IconStar, IconStarFilled } from '@tabler/icons-react';
import type { JobRecord } from '../../../../src-shared/domain/jobs/job.ts';
import { rankOf } from '../../../../src-shared/domain/parameters/parameter-values.ts';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { isLowerBetter, valueText } from '../../../../src-shared/metrics/index.ts';
import { loss } from '../../../../src-shared/metrics/loss.ts';
import { forgettingFact, riseText } from '../../../../src-shared/results/forgetting.ts';
import { headlineOf } from '../../../../src-shared/results/headline.ts';
import { knownSetting } from '../../../../src-shared/results/known-setting.ts';
import { groupInterval, type RunValue } from '../../../../src-shared/results/run-groups.ts';
import { StatusMark } from '../../../components/feedback/status-mark.tsx';
import { formatDuration, formatNumber } from '../../../components/format/format.ts';
import { RelativeTime } from '../../../components/format/relative-time.tsx';
import type { DataColumn } from '../../../components/table/data-table.tsx';
import { MiddleText } from '../../../components/table/middle-text.tsx';
import { runsStrings } from '../../../strings/runs.ts';
import type { RunNames } from '../use-run-names.ts';
import {
  GainCell,
  GroupProgressCell,
  GroupScoreCell,
  GroupStatusCell,
  LossCell,
  MethodCell,
  ProgressCell,
  ScoreCell,
} from './run-cells.tsx';
import { type RunsRow, runsOf } from './run-rows.ts';
import classes from './runs-table.module.css';

interface ColumnInputs {
  names: RunNames;
  jobs: ReadonlyMap<string, JobRecord>;
  onStar: (run: RunRecord) => void;
  /** True if each run is a row of its own; runs are then not compared with a baseline. */
  isFlat: boolean;
}

type RunsColumn = DataColumn<RunsRow>;

const { columns: words } = runsStrings;

/** Columns that cannot be left out, and those shown until others are chosen. */
export const fixedColumns = ['name'] as const;
export const usualColumns = [
  'starred',
  'status',
  'name',
  'method',
  'dataset',
  'score',
  'gain',
  'curve',
  'progress',
  'seed',
  'created',
];

/** The columns of the runs' table, in order. */
export function runColumns({ names, jobs, onStar, isFlat }: ColumnInputs): RunsColumn[] {
  const all: RunsColumn[] = [
    {
      id: 'starred',
      header: words.starred,
      headHidden: true,
      width: 34,
      value: (row) => runsOf(row).filter((run) => run.starred).length,
      cell: (row) => (row.kind === 'run' ? <Star run={row.run} onStar={onStar} /> : null),
    },
    {
      id: 'status',
      header: words.status,
      headHidden: true,
      width: 28,
      value: (row) => row.run.status,
      cell: (row) =>
        row.kind === 'run' ? (
          <span title={row.run.error?.message}>
            <StatusMark status={row.run.status} brief />
          </span>
        ) : (
          <GroupStatusCell row={row} />
        ),
    },
    {
      id: 'name',
      header: words.name,
      value: nameOf,
      cell: (row) =>
        row.kind === 'run' ? (
          <MiddleText text={row.run.name} />
        ) : (
          <span className={classes['group']} title={nameOf(row)}>
            <b>{row.method}</b>
            <span>{[row.label, ...row.settings].map((part) => ` · ${part}`)}</span>
          </span>
        ),
    },
    {
      id: 'method',
      header: words.method,
      width: 112,
      yields: 1,
      value: ({ run }) => names.method(run),
      cell: ({ run }) => <MethodCell variant={names.variant(run)} coto={run.config.coto !== null} />,
    },
    {
      id: 'score',
      header: words.score,
      help: words.scoreHelp,
      align: 'right',
      width: 148,
      value: scoreRank,
      cell: (row) => (row.kind === 'run' ? <ScoreCell run={row.run} /> : <GroupScoreCell summary={row.summary} />),
    },
    {
      id: 'gain',
      header: words.gain,
      help: words.gainHelp,
      align: 'right',
      width: 104,
      yields: 2,
      value: ({ summary }) => summary?.difference?.interval.mean ?? null,
      cell: ({ summary }) => {
        const baseline = summary?.difference?.baseline.first;
        return summary && baseline ? <GainCell summary={summary} baselineName={names.method(baseline)} /> : null;
      },
    },
    {
      id: 'curve',
      header: words.curve,
      help: words.curveHelp,
      width: 92,
      yields: 4,
      sortable: false,
      value: () => null,
      cell: (row) => (row.kind === 'run' ? <LossCell run={row.run} /> : null),
    },
    {
      id: 'progress',
      header: words.progress,
      width: 132,
      yields: 3,
      value: ({ run }) => run.step,
      cell: (row) =>
        row.kind === 'run' ? (
          <ProgressCell run={row.run} job={jobs.get(row.run.id)} />
        ) : (
          <GroupProgressCell row={row} />
        ),
    },
    {
      id: 'seed',
      header: words.seed,
      align: 'right',
      width: isFlat ? 56 : 76,
      // A name says its seed; of folded rows it is their number.
      yields: isFlat ? 33 : 2,
      value: (row) => (row.kind === 'run' ? knownSetting(row.run, 'seed') : row.summary.seeds),
      cell: (row) =>
        row.kind === 'run' ? (knownSetting(row.run, 'seed') ?? '–') : runsStrings.seeds(row.summary.seeds),
    },
    text('base', words.base, 140, 14, ({ run }) => names.base(run)),
    // Goes first where room is short, before the seed.
    text('dataset', words.data, 140, 34, ({ run }) => names.dataset(run)),
    {
      id: 'r',
      header: words.rank,
      align: 'right',
      width: 48,
      yields: 12,
      value: ({ run }) => rankOf(run.config.adapter.parameters),
    },
    {
      id: 'learning-rate',
      header: words.learningRate,
      align: 'right',
      width: 116,
      yields: 31,
      value: ({ run }) => knownSetting(run, 'learning_rate'),
      cell: ({ run }) => formatNumber(knownSetting(run, 'learning_rate')),
    },
    mean(loss.id, words.evalLoss, 84, 10, ({ result }) => result?.evalLoss ?? null, lossText, words.evalLossHelp),
    {
      ...mean('forgetting', words.forgetting, 92, 9, ({ result }) => result?.forgetting?.rise ?? null, riseText),
      help: words.forgettingHelp,
      cell: (row) => (
        <span title={row.run.result?.forgetting ? forgettingFact(row.run.result.forgetting).value : undefined}>
          {riseText(groupInterval(runsOf(row), ({ result }) => result?.forgetting?.rise ?? null)?.mean)}
        </span>
      ),
    },
    {
      ...mean('step-time', words.stepTime, 92, 8, ({ result }) => result?.meanStepMilliseconds ?? null, formatNumber),
      unit: 'ms',
      help: words.stepTimeHelp,
    },
    mean('train-time', words.trainTime, 100, 7, ({ result }) => result?.trainSeconds ?? null, formatDuration),
    {
      id: 'tags',
      header: words.tags,
      width: 120,
      yields: 15,
      value: (row) => tagsOf(row).join(' '),
      cell: (row) => (
        <Group gap={4} wrap="nowrap" title={tagsOf(row).join(', ')}>
          {tagsOf(row).map((tag) => (
            <Badge key={tag} color="gray" flex="none">
              {tag}
            </Badge>
          ))}
        </Group>
      ),
    },
    text('note', words.note, 160, 16, (row) => (row.kind === 'run' ? row.run.note : '')),
    {
      id: 'created',
      header: words.created,
      align: 'right',
      width: 90,
      yields: 6,
      value: (row) => Math.max(...runsOf(row).map(({ createdAt }) => createdAt)),
      cell: (row) => <RelativeTime at={Math.max(...runsOf(row).map(({ createdAt }) => createdAt))} />,
    },
  ];
  return isFlat ? all.filter(({ id }) => id !== 'gain') : all;
}

function Star({ run, onStar }: { run: RunRecord; onStar: (run: RunRecord) => void }) {
  return (
    <ActionIcon
      size={20}
      aria-label={run.starred ? runsStrings.unstar(run.name) : runsStrings.star(run.name)}
      aria-pressed={run.starred}
      onClick={() => onStar(run)}
    >
      {run.starred ? <IconStarFilled size={14} /> : <IconStar size={14} />}
    </ActionIcon>
  );
}

/** Sorts from bad to good: of a perplexity, the lowest is the best. */
function scoreRank(row: RunsRow): number | null {
  if (row.kind === 'run') return headlineOf(row.run.result)?.rank ?? null;
  const { score } = row.summary;
  if (score === null) return null;
  return isLowerBetter(score.metric) ? -score.interval.mean : score.interval.mean;
}

function nameOf(row: RunsRow): string {
  return row.kind === 'run' ? row.run.name : [row.method, row.label, ...row.settings].join(' · ');
}

function tagsOf(row: RunsRow): string[] {
  return [...new Set(runsOf(row).flatMap(({ tags }) => tags))];
}

/** A column of words, cut at its end. */
function text(id: string, header: string, width: number, yields: number, value: (row: RunsRow) => string): RunsColumn {
  return { id, header, width, yields, value, cell: (row) => <span title={value(row)}>{value(row)}</span> };
}

/** A column of numbers; of a group, their mean over its seeds. */
function mean(
  id: string,
  header: string,
  width: number,
  yields: number,
  value: RunValue,
  format: (value: number | null | undefined) => string,
  help?: string,
): RunsColumn {
  const of = (row: RunsRow) => groupInterval(runsOf(row), value)?.mean ?? null;
  return {
    ...{ id, header, width, yields, value: of, align: 'right', cell: (row) => format(of(row)) },
    ...(help === undefined ? {} : { help }),
  };
}

function lossText(value: number | null | undefined): string {
  return valueText(loss.id, value);
}
