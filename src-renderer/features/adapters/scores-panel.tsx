import { Button, Table, Text } from '@mantine/core';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { AdapterScore } from '../../../src-shared/domain/evaluation/evaluation.ts';
import { accuracy as accuracyMetric } from '../../../src-shared/metrics/accuracy.ts';
import { isExampleMean, valueText } from '../../../src-shared/metrics/index.ts';
import { loss } from '../../../src-shared/metrics/loss.ts';
import { forgettingFact, forgettingHeading, riseText } from '../../../src-shared/results/forgetting.ts';
import { headlineText, namedScores } from '../../../src-shared/results/headline.ts';
import { wilsonInterval } from '../../../src-shared/statistics/binomial.ts';
import { useRequest } from '../../api/query.ts';
import { Link, pathOf } from '../../app/routes.tsx';
import { EmptyState } from '../../components/feedback/empty-state.tsx';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { ListSkeleton } from '../../components/feedback/list-skeleton.tsx';
import { formatCount } from '../../components/format/format.ts';
import { RelativeTime } from '../../components/format/relative-time.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { adaptersStrings } from '../../strings/adapters.ts';
import { openEvaluation } from '../evaluation/open-evaluation.tsx';
import { JobProgress } from '../jobs/job-progress.tsx';
import { useJobOf } from '../jobs/use-job.ts';
import classes from './adapters.module.css';

const words = adaptersStrings.scores;

/** Every score of an adapter with its examples and interval, forgetting beside it, and the way to another. */
export function ScoresPanel({ adapter }: { adapter: AdapterRecord }) {
  const { data: scores, error } = useRequest('adapters.scores', { id: adapter.id });
  const job = useJobOf(adapter.id);
  const evaluate = () => openEvaluation({ name: adapter.name, modelId: adapter.modelId, adapter });
  return (
    <Panel
      title={words.title}
      note={words.note}
      aside={
        <Button variant="default" onClick={evaluate} disabled={adapter.modelId === null}>
          {words.evaluate}
        </Button>
      }
      flush
    >
      {job?.kind === 'evaluate' ? (
        <div style={{ padding: 12 }}>
          <JobProgress job={job} />
        </div>
      ) : null}
      {error ? (
        <ErrorNote error={error} />
      ) : scores === undefined ? (
        <ListSkeleton />
      ) : scores.length === 0 ? (
        <EmptyState>{words.none}</EmptyState>
      ) : (
        <ScoreTable scores={scores} />
      )}
    </Panel>
  );
}

function ScoreTable({ scores }: { scores: readonly AdapterScore[] }) {
  const datasets = useRequest('datasets.list', {}).data;
  const forgetting = forgettingHeading(scores.map((score) => score.forgetting));
  return (
    <div className={classes['scroll']}>
      <Table aria-label={words.title} verticalSpacing={4} horizontalSpacing={12}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{words.dataset}</Table.Th>
            <Table.Th ta="right">{words.score}</Table.Th>
            <Table.Th ta="right" title={words.intervalHelp}>
              {words.interval}
            </Table.Th>
            <Table.Th ta="right">{words.examples}</Table.Th>
            {forgetting === null ? null : <Table.Th ta="right">{forgetting}</Table.Th>}
            <Table.Th ta="right">{words.loss}</Table.Th>
            <Table.Th>{words.computed}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {scores.map((score) => {
            const [first, ...further] = namedScores(score);
            return (
              <Table.Tr key={`${score.datasetId} ${score.examples}`}>
                <Table.Td>
                  <Link to={pathOf('data', score.datasetId)}>
                    {datasets?.find(({ id }) => id === score.datasetId)?.name ?? score.datasetId}
                  </Link>
                </Table.Td>
                <Table.Td
                  ta="right"
                  style={{ whiteSpace: 'nowrap' }}
                  title={further.map(({ label, text }) => `${label} ${text}`).join(', ')}
                >
                  {headlineText(score) || '–'}
                </Table.Td>
                <Table.Td ta="right">{first && isExampleMean(first.id) ? <Interval score={score} /> : '–'}</Table.Td>
                <Table.Td ta="right">{formatCount(score.examples)}</Table.Td>
                {forgetting === null ? null : (
                  <Table.Td ta="right" title={score.forgetting ? forgettingFact(score.forgetting).value : undefined}>
                    {riseText(score.forgetting?.rise)}
                  </Table.Td>
                )}
                <Table.Td ta="right">{valueText(loss.id, score.loss)}</Table.Td>
                <Table.Td style={{ whiteSpace: 'nowrap' }}>
                  {words.sources[score.source]}, <RelativeTime at={score.at} />
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
      {forgetting === null ? null : (
        <Text size="xs" c="dimmed" p={12}>
          {words.forgettingNote}
        </Text>
      )}
    </div>
  );
}

/** The interval of an accuracy in numbers, and on a line from 0 to 100 %. */
function Interval({ score: { accuracy, examples } }: { score: AdapterScore }) {
  if (accuracy === null || !examples) return '–';
  const { low, high } = wilsonInterval(accuracy, examples);
  const [left, right] = [100 * low, 100 * high];
  return (
    <span className={classes['interval']}>
      {words.intervalText(valueText(accuracyMetric.id, low), valueText(accuracyMetric.id, high))}
      <span className={classes['track']} aria-hidden>
        <span className={classes['band']} style={{ left: `${left}%`, width: `${right - left}%` }} />
        <span className={classes['dot']} style={{ left: `${100 * accuracy}%` }} />
      </span>
    </span>
  );
}
