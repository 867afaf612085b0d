import { Skeleton, Stack, Text } from '@mantine/core';
import { useMemo } from 'react';
import { foldMasks } from '../../../src-shared/curves/growing-shares.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { sampleStrip, scheduleFigure } from '../../../src-shared/figures/index.ts';
import { Figure } from '../../plots/figure.tsx';
import { useFigureTheme } from '../../plots/figure-theme.ts';
import { trainStrings } from '../../strings/train.ts';
import type { RunEstimate } from './use-run-draft.ts';

/** More than the figure has columns. */
const stripBuckets = 1024;

interface ScheduleViewProps {
  /** True if CoTo is on in the form. While a field is invalid, the config is an earlier one. */
  isOn: boolean;
  config: RunConfig | null;
  estimate: RunEstimate | undefined;
}

/** p(t), and which layers are active in each step as the run's seed will draw it. */
export function ScheduleView({ isOn, config, estimate }: ScheduleViewProps) {
  const theme = useFigureTheme();
  const figure = useMemo(() => {
    if (!config?.coto || !estimate || estimate.totalSteps === 0) return null;
    const { groups, totalSteps } = estimate;
    return scheduleFigure(
      {
        settings: config.coto,
        totalSteps,
        groups,
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
