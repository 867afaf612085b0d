import { IconCheck } from '@tabler/icons-react';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import { headlineOf, headlineText } from '../../../src-shared/results/headline.ts';
import { Link, navigate, pathOf } from '../../app/routes.tsx';
import { StatusMark } from '../../components/feedback/status-mark.tsx';
import { formatNumber } from '../../components/format/format.ts';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { type DataColumn, DataTable } from '../../components/table/data-table.tsx';
import { homeStrings } from '../../strings/home.ts';
import { runsStrings } from '../../strings/runs.ts';

const shown = 10;
const words = homeStrings.recent;

const columns: readonly DataColumn<RunRecord>[] = [
  {
    id: 'name',
    header: words.columns.name,
    value: (run) => run.name,
    cell: (run) => <Link to={pathOf('runs', run.id)}>{run.name}</Link>,
  },
  {
    id: 'status',
    header: runsStrings.columns.status,
    value: (run) => run.status,
    cell: (run) => <StatusMark status={run.status} />,
  },
  {
    id: 'coto',
    header: 'CoTo',
    value: (run) => (run.config.coto ? 1 : 0),
    cell: (run) => (run.config.coto ? <IconCheck size={14} aria-label={words.withCoto} /> : ''),
  },
  {
    id: 'score',
    header: words.columns.score,
    help: words.scoreHelp,
    align: 'right',
    value: (run) => headlineOf(run.result)?.rank ?? null,
    cell: (run) => headlineText(run.result) || '–',
  },
  {
    id: 'step',
    header: words.columns.step,
    unit: 'ms',
    help: words.stepHelp,
    align: 'right',
    value: (run) => run.result?.medianStepMilliseconds ?? null,
    cell: (run) => formatNumber(run.result?.medianStepMilliseconds),
  },
  {
    id: 'finished',
    header: words.columns.finished,
    align: 'right',
    value: (run) => run.finishedAt,
    cell: (run) => (run.finishedAt === null ? '–' : <RelativeTime at={run.finishedAt} />),
  },
];

/** The runs with the latest results. */
export function RecentRuns({ runs }: { runs: readonly RunRecord[] }) {
  const ended = runs
    .filter((run) => run.finishedAt !== null && (run.status === 'completed' || run.status === 'stopped'))
    .sort((left, right) => (right.finishedAt ?? 0) - (left.finishedAt ?? 0))
    .slice(0, shown);
  if (ended.length === 0) return null;
  return (
    <Panel title={homeStrings.recent.title} aside={<Link to="/runs">{homeStrings.recent.all}</Link>} flush>
      <DataTable
        label={homeStrings.recent.label}
        items={ended}
        itemId={(run) => run.id}
        columns={columns}
        initialSort={{ column: 'finished', descending: true }}
        onActivate={(run) => navigate(pathOf('runs', run.id))}
      />
    </Panel>
  );
}
