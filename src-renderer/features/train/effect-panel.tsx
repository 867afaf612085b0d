import { Code, Group, SegmentedControl, Skeleton, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { RequestOutput } from '../../../src-shared/contract/requests.ts';
import { foldMasks } from '../../../src-shared/curves/growing-shares.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { sampleStrip, scheduleFigure } from '../../../src-shared/figures/index.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { CopyButton } from '../../components/format/copy-button.tsx';
import { formatCount, formatDuration, formatNumber, formatPercent } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { trainCommand } from './command-line.ts';
import type { Draft } from './draft.ts';
import { useVariants } from './draft-store.ts';
import { MemoryForecast } from './memory-estimate.tsx';

/** More than the figure has columns. */
const stripBuckets = 1024;

export type Forecast = RequestOutput<'runs.forecast'>;

interface EffectPanelProps {
  draft: Draft;
  /** The last config that was whole: what is shown while a field is being typed. */
  config: RunConfig | null;
  forecast: Forecast | undefined;
  failure: Error | null;
}

/** What the form comes to, before anything runs. */
export function EffectPanel({ draft, config, forecast, failure }: EffectPanelProps) {
  return (
    <Stack gap={12}>
      {failure ? (
        <ErrorNote error={failure} />
      ) : (
        <Panel title="What it costs">
          <Costs forecast={forecast} />
        </Panel>
      )}
      <Panel title="CoTo schedule" note={config?.coto ? `as seed ${config.seed} will draw it` : 'off'}>
        <Schedule config={config} forecast={forecast} />
      </Panel>
      {/* What was said of the form before it went wrong is not said of it now. */}
      {failure ? null : <Texts draft={draft} forecast={forecast} />}
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
          value={forecast.seconds === null ? 'not known yet' : formatDuration(forecast.seconds)}
          note={
            forecast.stepMilliseconds === null
              ? 'the first run of this shape measures it'
              : `${formatNumber(forecast.stepMilliseconds)} ms a step in past runs`
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

function Schedule({ config, forecast }: { config: RunConfig | null; forecast: Forecast | undefined }) {
  const theme = useFigureTheme();
  const figure = useMemo(() => {
    if (!config?.coto || !forecast || forecast.groups.length === 0 || forecast.totalSteps === 0) return null;
    const { groups, totalSteps } = forecast;
    return scheduleFigure(
      {
        settings: config.coto,
        totalSteps,
        groups,
        strip: foldMasks(sampleStrip(config.coto, totalSteps, groups.length, config.seed), stripBuckets),
      },
      theme,
    );
  }, [config, forecast, theme]);
  if (config && !config.coto)
    return (
      <Stack gap={4} mih={120} justify="center" align="center">
        <Text size="sm">CoTo is off.</Text>
        <Text size="xs" c="dimmed" ta="center">
          Switch it on in its card to see how likely each adapter is on in each step, and the very strip that this seed
          will draw.
        </Text>
      </Stack>
    );
  if (!figure) return <Skeleton h={300} />;
  return <Figure figure={figure} height={300} name="CoTo schedule" caption={figure.caption} />;
}

function Texts({ draft, forecast }: { draft: Draft; forecast: Forecast | undefined }) {
  const [shown, setShown] = useState<'yaml' | 'command'>('yaml');
  const variants = useVariants();
  const text = shown === 'yaml' ? (forecast?.yaml ?? '') : trainCommand(draft, variants);
  return (
    <Panel
      title="The same run elsewhere"
      aside={
        <Group gap={8}>
          <SegmentedControl
            aria-label="Form of the run"
            value={shown}
            onChange={(value) => setShown(value === 'command' ? 'command' : 'yaml')}
            data={[
              { value: 'yaml', label: 'YAML' },
              { value: 'command', label: 'Command' },
            ]}
          />
          <CopyButton text={text} label={shown === 'yaml' ? 'Copy the YAML' : 'Copy the command'} />
        </Group>
      }
    >
      <Code
        block
        aria-label={shown === 'yaml' ? 'Run as YAML' : 'coto train command'}
        mah={260}
        mih={60}
        style={{ overflow: 'auto' }}
      >
        {text}
      </Code>
    </Panel>
  );
}
