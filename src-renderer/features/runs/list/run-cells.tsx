import { Badge, Group, Progress, Text } from '@mantine/core';
import type { JobRecord } from '../../../../src-shared/domain/jobs/job.ts';
import type { RunRecord } from '../../../../src-shared/domain/runs/run.ts';
import { seriesColors } from '../../../../src-shared/figures/index.ts';
import { midSentence } from '../../../../src-shared/format/mid-sentence.ts';
import { valueText, withUnit } from '../../../../src-shared/metrics/index.ts';
import { loss } from '../../../../src-shared/metrics/loss.ts';
import { clarityOf, clarityWords } from '../../../../src-shared/results/difference-clarity.ts';
import { earlyStop } from '../../../../src-shared/results/early-stop.ts';
import { headlineOf, headlineText, namePrefix } from '../../../../src-shared/results/headline.ts';
import { differenceText, intervalText } from '../../../../src-shared/results/interval-text.ts';
import { type GroupSummary, metricOf, seedValues } from '../../../../src-shared/results/run-groups.ts';
import { StatusMark } from '../../../components/feedback/status-mark.tsx';
import { formatCount, formatDuration, formatShortDuration } from '../../../components/format/format.ts';
import { useFigureTheme } from '../../../plots/figure-theme.ts';
import { runsStrings } from '../../../strings/runs.ts';
import { isActive } from '../run-labels.ts';
import { CotoMark } from './coto-mark.tsx';
import { useRunGlance } from './run-glances.ts';
import type { GroupRow } from './run-rows.ts';
import classes from './runs-table.module.css';
import { SparkLine } from './spark-line.tsx';

/** "LoRA" and the mark of CoTo. */
export function MethodCell({ variant, coto }: { variant: string; coto: boolean }) {
  return (
    <span className={classes['method']}>
      <Badge color="gray" title={variant} miw={0}>
        {variant}
      </Badge>
      <CotoMark on={coto} />
    </span>
  );
}

/** The result, and the best evaluation where it was better; of a run that goes on, how it is so far. */
export function ScoreCell({ run }: { run: RunRecord }) {
  const glance = useRunGlance(run);
  const headline = headlineOf(run.result);
  const validation = run.config.eval_split === 'validation' ? 'val ' : '';
  if (headline === null) {
    const score = glance?.score;
    if (score == null) return <>–</>;
    const { metric, label, last, best, bestStep } = score;
    const text = withUnit(metric, valueText(metric, last));
    return (
      <span className={classes['soFar']} title={runsStrings.soFar(label, text)}>
        {validation}
        {namePrefix({ id: metric, label })}
        {text}
        <Best metric={metric} label={label} value={best} than={last} step={bestStep} />
      </span>
    );
  }
  const final = metricOf(headline.id)(run) ?? 0;
  const kept = run.result?.best;
  const best = kept?.metric === headline.id ? kept : null;
  return (
    <span>
      {validation}
      {headlineText(run.result)}
      {best?.value == null ? null : (
        <Best metric={headline.id} label={headline.label} value={best.value} than={final} step={best.step} />
      )}
    </span>
  );
}

interface BestProps {
  metric: string;
  label: string;
  value: number;
  /** The value beside which it stands. */
  than: number;
  step: number;
}

function Best({ metric, label, value, than, step }: BestProps) {
  const text = valueText(metric, value);
  if (text === valueText(metric, than)) return null;
  return (
    <span
      className={classes['best']}
      title={runsStrings.bestTitle(midSentence(label), withUnit(metric, text), formatCount(step))}
    >
      {runsStrings.best(text)}
    </span>
  );
}

/** "65.8 ± 1.9 %" over the seeds of a group. */
export function GroupScoreCell({ summary }: { summary: GroupSummary }) {
  const { score, group } = summary;
  if (score === null) return <>–</>;
  const { metric, label, interval } = score;
  const values = seedValues(group.runs, metricOf(metric)).map(({ value }) => valueText(metric, value));
  return (
    <span
      title={`${runsStrings.values(values.join(', '))}${interval.halfWidth === null ? ` (${runsStrings.noInterval})` : ''}`}
    >
      {group.first.config.eval_split === 'validation' ? 'val ' : ''}
      {namePrefix({ id: metric, label })}
      {intervalText(metric, interval)}
    </span>
  );
}

/** "+1.2 ± 0.8" to the baseline without CoTo. */
export function GainCell({ summary, baselineName }: { summary: GroupSummary; baselineName: string }) {
  const { score, difference } = summary;
  if (score === null || difference === null) return null;
  const { interval, otherSettings } = difference;
  const notes = [
    `${runsStrings.against(baselineName)}: ${runsStrings.pairs(interval.n)}`,
    ...(interval.halfWidth === null ? [runsStrings.noInterval] : []),
    ...(clarityOf(interval) === 'clear' ? [] : [clarityWords[clarityOf(interval)]]),
    ...(otherSettings.length > 0 ? [runsStrings.otherRate] : []),
  ];
  return (
    <span title={notes.join('; ')}>
      {differenceText(score.metric, interval)}
      {otherSettings.length > 0 ? '*' : ''}
    </span>
  );
}

const sparkWidth = 60;

export function LossCell({ run }: { run: RunRecord }) {
  const glance = useRunGlance(run);
  const colors = seriesColors(useFigureTheme());
  const curve = glance?.loss;
  if (!curve || curve.counts.length < 2) return null;
  const { mean, steps } = curve;
  // The line of a run that goes on ends where it is.
  const end = Math.max(1, (run.facts?.totalSteps ?? 0) - 1, steps.at(-1) ?? 0);
  const words = runsStrings.lossTitle(valueText(loss.id, mean.at(-1)), valueText(loss.id, Math.min(...mean)));
  return (
    <span className={classes['spark']} role="img" aria-label={words} title={words}>
      <SparkLine
        values={mean}
        width={(sparkWidth * (steps.at(-1) ?? 0)) / end}
        height={18}
        color={run.config.coto ? colors.coto : colors.without}
      />
    </span>
  );
}

/** Shows the progress and remaining time of a run; for an ended one, its number of steps. */
export function ProgressCell({ run, job }: { run: RunRecord; job: JobRecord | undefined }) {
  const total = run.facts?.totalSteps ?? 0;
  if (run.status === 'queued') return <span className={classes['soFar']}>{runsStrings.waiting}</span>;
  if (run.status !== 'running' || total === 0) {
    const early = run.step < total;
    return (
      <span className={classes['soFar']} title={earlyStop(run) ?? undefined}>
        {early ? `${formatCount(run.step)} / ${formatCount(total)}` : formatCount(run.step)}
      </span>
    );
  }
  const share = Math.round((100 * run.step) / total);
  const eta = job?.progress?.etaSeconds;
  return (
    <Group gap={6} wrap="nowrap">
      <Progress
        value={share}
        w={28}
        flex="none"
        aria-label={runsStrings.progressOf(run.name, share)}
        color={run.config.coto ? 'var(--studio-coto)' : 'indigo'}
      />
      <Text size="xs" c="dimmed" truncate title={eta == null ? undefined : formatDuration(eta)}>
        {share} %{eta == null ? '' : ` · ${formatShortDuration(eta)}`}
      </Text>
    </Group>
  );
}

/** Priority of statuses for a group of runs: the first that any of them has applies. */
const order = ['running', 'queued', 'failed', 'interrupted', 'paused', 'stopped', 'cancelled', 'completed'] as const;

export function GroupStatusCell({ row }: { row: GroupRow }) {
  const status = order.find((one) => row.rows.some(({ run }) => run.status === one)) ?? 'completed';
  return <StatusMark status={status} brief />;
}

/** Progress of a group: how many of its runs are still to come. */
export function GroupProgressCell({ row }: { row: GroupRow }) {
  const active = row.rows.filter(({ run }) => isActive(run)).length;
  return (
    <span className={classes['soFar']}>{active > 0 ? `${row.rows.length - active} / ${row.rows.length}` : ''}</span>
  );
}
