import { Group, Skeleton, Stack, Text } from '@mantine/core';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { formatCount, formatDuration, formatNumber, formatPercent } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import type { Draft } from './draft.ts';
import { MemoryForecast } from './memory-estimate.tsx';
import { RunTexts } from './run-texts.tsx';
import { ScheduleView } from './schedule-view.tsx';
import type { Forecast } from './use-run-draft.ts';

interface EffectPanelProps {
  draft: Draft;
  /** The last config that was whole: what is shown while a field is being typed. */
  config: RunConfig | null;
  forecast: Forecast | undefined;
  failure: Error | null;
}

/** What the run takes, before it starts: parameters, steps, time, memory, schedule, and its texts. */
export function EffectPanel({ draft, config, forecast, failure }: EffectPanelProps) {
  return (
    <Stack gap={12}>
      {failure ? (
        <ErrorNote error={failure} />
      ) : (
        <Panel title="Estimate">
          <Costs forecast={forecast} />
        </Panel>
      )}
      <Panel title="CoTo schedule" note={config?.coto ? `sample for seed ${config.seed}` : 'off'}>
        <ScheduleView config={config} forecast={forecast} />
      </Panel>
      {/* What was said of the form before it went wrong is not said of it now. */}
      {failure ? null : <RunTexts draft={draft} forecast={forecast} />}
    </Stack>
  );
}

function Costs({ forecast }: { forecast: Forecast | undefined }) {
  if (!forecast) return <Skeleton h={120} />;
  const share = forecast.trainableParameters / forecast.totalParameters;
  return (
    <Stack gap={12}>
      <Group gap={24} align="flex-start">
        <Fact
          name="Trainable parameters"
          value={formatCount(forecast.trainableParameters)}
          note={`${formatPercent(share)} % of ${formatCount(forecast.totalParameters)}`}
        />
        <Fact
          name="Optimizer steps"
          value={formatCount(forecast.totalSteps)}
          note={`on ${formatCount(forecast.trainExamples)} examples`}
        />
        <Fact
          name="Expected time"
          value={forecast.seconds === null ? '–' : formatDuration(forecast.seconds)}
          note={
            forecast.stepMilliseconds === null
              ? 'available after a first run'
              : `≈ ${formatNumber(forecast.stepMilliseconds)} ms/step (from previous runs)`
          }
        />
      </Group>
      <MemoryForecast parts={forecast.memory} freeBytes={forecast.freeMemoryBytes} />
    </Stack>
  );
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
