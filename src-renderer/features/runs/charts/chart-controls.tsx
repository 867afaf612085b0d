import { Group, Slider, Switch, Text } from '@mantine/core';
import { Segments } from '../../../components/form/segments.tsx';
import { runStrings } from '../../../strings/run.ts';

export interface ChartView {
  readonly smoothing: number;
  readonly logScale: boolean;
  readonly x: 'step' | 'time' | 'examples';
}

export const initialView: ChartView = { smoothing: 0.6, logScale: false, x: 'step' };

const words = runStrings.curves;
const axes = ['step', 'time', 'examples'] as const;

interface ChartControlsProps {
  view: ChartView;
  onChange: (view: ChartView) => void;
  /** True if the axis cannot be changed. */
  stepsOnly?: boolean;
}

/** Smoothing, scale and axis of a group of curves. */
export function ChartControls({ view, onChange, stepsOnly = false }: ChartControlsProps) {
  return (
    <Group gap={16} wrap="wrap">
      {stepsOnly ? null : (
        <Segments
          aria-label={words.axis}
          value={view.x}
          onChange={(value) => onChange({ ...view, x: axes.find((candidate) => candidate === value) ?? 'step' })}
          data={axes.map((value) => ({ value, label: words.axes[value] }))}
        />
      )}
      <Group gap={8} wrap="nowrap">
        <Text size="xs" c="dimmed">
          {words.smoothing}
        </Text>
        <Slider
          w={110}
          min={0}
          max={0.98}
          step={0.02}
          value={view.smoothing}
          onChange={(smoothing) => onChange({ ...view, smoothing })}
          thumbLabel={words.smoothingOf}
          label={(value) => value.toFixed(2)}
        />
      </Group>
      <Switch
        label={words.logScale}
        checked={view.logScale}
        onChange={(event) => onChange({ ...view, logScale: event.currentTarget.checked })}
      />
    </Group>
  );
}
