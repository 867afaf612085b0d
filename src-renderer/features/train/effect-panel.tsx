import { Group, Skeleton, Stack, Text } from '@mantine/core';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { formatCount, formatDuration, formatNumber, formatPercent } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import type { Draft } from './draft.ts';
import { MemoryEstimate } from './memory-estimate.tsx';
import { RunTexts } from './run-texts.tsx';
import { ScheduleView } from './schedule-view.tsx';
import type { RunEstimate } from './use-run-draft.ts';

interface EffectPanelProps {
  draft: Draft;
  /** The last config that was whole: what is shown while a field is being typed. */
  config: RunConfig | null;
  /** Whether that is the form as it is now. */
  isCurrent: boolean;
  estimate: RunEstimate | undefined;
  failure: Error | null;
  onCheckAgain: () => void;
}

/** What the run takes, before it starts: parameters, steps, time, memory, schedule, and its texts. */
export function EffectPanel({ draft, config, isCurrent, estimate, failure, onCheckAgain }: EffectPanelProps) {
  const lastValid = isCurrent ? '' : 'from the last valid settings';
  const isOn = draft['coto'] === true;
  const sample = isOn && config?.coto ? `sample for seed ${config.seed}` : isOn ? '' : 'off';
  return (
    <Stack gap={12}>
      {failure ? (
        <ErrorNote error={failure} action={{ label: 'Check again', onClick: onCheckAgain }} />
      ) : (
        <Panel title="Estimate" note={estimate ? lastValid : ''}>
          {estimate || isCurrent ? <Costs estimate={estimate} /> : <Awaited />}
        </Panel>
      )}
      <Panel title="CoTo schedule" note={[sample, isOn && config?.coto ? lastValid : ''].filter(Boolean).join(', ')}>
        {isOn && !config?.coto && !isCurrent ? (
          <Awaited />
        ) : (
          <ScheduleView isOn={isOn} config={config} estimate={estimate} />
        )}
      </Panel>
      {/* What was said of the form before it went wrong is not said of it now. */}
      {failure ? null : <RunTexts draft={draft} estimate={estimate} note={estimate ? lastValid : ''} />}
    </Stack>
  );
}

/** Stands for what cannot be told of a form that is not valid and never was. */
function Awaited() {
  return (
    <Stack mih={120} justify="center" align="center">
      <Text size="sm" c="dimmed">
        Available once every field is valid.
      </Text>
    </Stack>
  );
}

function Costs({ estimate }: { estimate: RunEstimate | undefined }) {
  if (!estimate) return <Skeleton h={120} />;
  const share = estimate.trainableParameters / estimate.totalParameters;
  return (
    <Stack gap={12}>
      <Group gap={24} align="flex-start">
        <Fact
          name="Trainable parameters"
          value={formatCount(estimate.trainableParameters)}
          note={`${formatPercent(share)} % of ${formatCount(estimate.totalParameters)}`}
        />
        <Fact
          name="Optimizer steps"
          value={formatCount(estimate.totalSteps)}
          note={`on ${formatCount(estimate.trainExamples)} examples`}
        />
        <Fact
          name="Expected time"
          value={estimate.seconds === null ? '–' : formatDuration(estimate.seconds)}
          note={stepNote(estimate)}
        />
      </Group>
      <MemoryEstimate parts={estimate.memory} freeBytes={estimate.freeMemoryBytes} />
    </Stack>
  );
}

function stepNote({ stepMilliseconds, stepOfSameAdapter }: RunEstimate): string {
  if (stepMilliseconds === null) return 'available after a first run';
  const runs = stepOfSameAdapter ? 'previous runs' : 'previous runs of another variant or rank';
  return `≈ ${formatNumber(stepMilliseconds)} ms/step (from ${runs})`;
}

function Fact({ name, value, note }: { name: string; value: string; note: string }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text size="lg" fw={600}>
        {value}
      </Text>
      <Text size="xs" c="dimmed">
        {note}
      </Text>
    </div>
  );
}
