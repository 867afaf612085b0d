import { Anchor, Skeleton, Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useMemo } from 'react';
import { foldMasks } from '../../../src-shared/curves/growing-shares.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { sampleStrip, scheduleFigure } from '../../../src-shared/figures/index.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { formatCount, formatDuration, formatNumber, formatPercent } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { trainStrings } from '../../strings/train.ts';
import { JobProgress } from '../jobs/job-progress.tsx';
import type { Blocker } from './blockers.ts';
import type { Draft } from './draft.ts';
import { MemoryEstimate } from './memory-estimate.tsx';
import { ProblemPanel } from './problem-panel.tsx';
import { RunTexts } from './run-texts.tsx';
import classes from './train.module.css';
import type { RunEstimate } from './use-run-draft.ts';
import { useStepTiming } from './use-step-timing.ts';

/** More than the figure has columns. */
const stripBuckets = 1024;

interface ScheduleViewProps {
  /** True if CoTo is on in the form. While a field is invalid, the config is an earlier one. */
  isOn: boolean;
  config: RunConfig | null;
  estimate: RunEstimate | undefined;
}

/** p(t), and which layers are active in each step as the run's seed will draw it. */
function ScheduleView({ isOn, config, estimate }: ScheduleViewProps) {
  const theme = useFigureTheme();
  const figure = useMemo(() => {
    if (!config?.coto || !estimate || estimate.totalSteps === 0) return null;
    const { groups, totalSteps, updateShare } = estimate;
    return scheduleFigure(
      {
        settings: config.coto,
        totalSteps,
        groups,
        updateShare,
        strip:
          groups.length === 0
            ? null
            : foldMasks(sampleStrip(config.coto, totalSteps, groups, config.seed), stripBuckets),
      },
      theme,
    );
  }, [config, estimate, theme]);
  if (!isOn)
    return (
      <Stack gap={4} mih={120} justify="center" align="center">
        <Text size="sm" c="dimmed">
          {trainStrings.turnOn}
        </Text>
      </Stack>
    );
  if (!figure) return <Skeleton h={300} />;
  return <Figure figure={figure} height={300} name="CoTo schedule" caption={figure.caption} />;
}

interface EffectPanelProps {
  draft: Draft;
  /** The last config that was whole: what is shown while a field is being typed. */
  config: RunConfig | null;
  /** True if the estimate matches the current form. */
  isCurrent: boolean;
  estimate: RunEstimate | undefined;
  blockers: readonly Blocker[];
  /** True if the backend rejects the run as a whole, so that no estimate exists. */
  isRefused: boolean;
  /** Reason why queueing the run failed. */
  failure: Error | null;
  onCheckAgain: () => void;
}

/** Shows what blocks the run; its parameters, steps, time, memory and schedule; and its texts. */
export function EffectPanel(props: EffectPanelProps) {
  const { draft, config, isCurrent, estimate, blockers, isRefused, failure, onCheckAgain } = props;
  const lastValid = isCurrent ? '' : trainStrings.lastValid;
  const isOn = draft['coto'] === true;
  const sample = isOn && config?.coto ? trainStrings.sample(config.seed) : isOn ? '' : trainStrings.off;
  return (
    <Stack gap={12}>
      <ProblemPanel blockers={blockers} onCheckAgain={isRefused ? onCheckAgain : null} />
      {failure ? <ErrorNote error={failure} /> : null}
      {isRefused ? null : (
        <Panel title={trainStrings.estimate} note={estimate ? lastValid : ''}>
          {estimate || isCurrent ? <Costs estimate={estimate} config={isCurrent ? config : null} /> : <Awaited />}
        </Panel>
      )}
      <Panel
        title={trainStrings.schedule}
        note={[sample, isOn && config?.coto ? lastValid : ''].filter(Boolean).join(', ')}
      >
        {isOn && !config?.coto && !isCurrent ? (
          <Awaited />
        ) : (
          <ScheduleView isOn={isOn} config={config} estimate={estimate} />
        )}
      </Panel>
      <RunTexts draft={draft} config={config} note={config ? lastValid : ''} />
    </Stack>
  );
}

/** Stands for what cannot be told of a form that is not valid and never was. */
function Awaited() {
  return (
    <Stack mih={120} justify="center" align="center">
      <Text size="sm" c="dimmed">
        {trainStrings.awaited}
      </Text>
    </Stack>
  );
}

interface CostsProps {
  estimate: RunEstimate | undefined;
  /** The run that can be timed; null: the form is not valid now. */
  config: RunConfig | null;
}

function Costs({ estimate, config }: CostsProps) {
  const timing = useStepTiming(config);
  if (!estimate) return <Skeleton h={120} />;
  const share = estimate.trainableParameters / estimate.totalParameters;
  return (
    <Stack gap={12}>
      <div className={classes['facts']}>
        <Fact
          name={trainStrings.trainable}
          value={formatCount(estimate.trainableParameters)}
          note={`${formatPercent(share)} % of ${formatCount(estimate.totalParameters)}`}
        />
        <Fact
          name={trainStrings.optimizerSteps}
          value={formatCount(estimate.totalSteps)}
          note={trainStrings.onExamples(formatCount(estimate.trainExamples))}
        />
        <Fact
          name={trainStrings.expectedTime}
          value={secondsText(estimate, timing.milliseconds)}
          note={stepNote(estimate, timing.milliseconds, config?.coto != null)}
          action={
            timing.isBusy || config === null ? null : (
              <Anchor component="button" type="button" size="xs" onClick={timing.measure}>
                {trainStrings.measure}
              </Anchor>
            )
          }
        />
      </div>
      <JobProgress job={timing.job} />
      {config?.auto_find_batch_size && (
        <Text size="xs" c="dimmed">
          {trainStrings.microBatches(estimate.microBatch.accumulation, estimate.microBatch.size)}
        </Text>
      )}
      <MemoryEstimate estimate={estimate} />
    </Stack>
  );
}

function secondsText({ seconds, totalSteps }: RunEstimate, measured: number | null): string {
  const expected = measured === null ? seconds : (measured * totalSteps) / 1000;
  return expected === null ? '–' : formatDuration(expected);
}

function stepNote(
  { stepMilliseconds, stepOfSameAdapter }: RunEstimate,
  measured: number | null,
  withCoto: boolean,
): string {
  if (measured !== null) return trainStrings.measured(formatNumber(measured), withCoto);
  if (stepMilliseconds === null) return trainStrings.untimed;
  return trainStrings.timed(formatNumber(stepMilliseconds), stepOfSameAdapter);
}

interface FactProps {
  name: string;
  value: string;
  note: string;
  /** Below the note. */
  action?: ReactNode;
}

function Fact({ name, value, note, action }: FactProps) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text component="div" size="lg" fw={600}>
        {value}
      </Text>
      <Text size="xs" c="dimmed">
        {note}
      </Text>
      {action}
    </div>
  );
}
