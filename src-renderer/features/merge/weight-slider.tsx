import { Slider } from '@mantine/core';
import { type MergeWeight, meanWeight } from '../../../src-shared/domain/merging/merge.ts';
import { formatFixed } from '../../../src-shared/format/numbers.ts';
import { mergeStrings } from '../../strings/merge.ts';
import classes from './merge.module.css';

const [least, most] = [-1, 1.5];

/**
 * Range of the slider; users can type numbers beyond it. The labels are in the bench's header, at their shares of the
 * width.
 */
export const weightRange = {
  least,
  most,
  labels: [
    { value: '−1', share: 0 },
    { value: '0', share: -least / (most - least) },
    { value: '1', share: (1 - least) / (most - least) },
    { value: '1.5', share: 1 },
  ],
} as const;

interface WeightSliderProps {
  name: string;
  weight: MergeWeight;
  disabled: boolean;
  onChange: (weight: number) => void;
}

export function WeightSlider({ name, weight, disabled, onChange }: WeightSliderProps) {
  return (
    <Slider
      thumbLabel={mergeStrings.weightOf(name)}
      min={least}
      max={most}
      step={0.01}
      // Thin ticks: a round mark looks like a second thumb.
      marks={[{ value: 0 }, { value: 1 }]}
      value={Math.max(least, Math.min(most, meanWeight(weight)))}
      onChange={onChange}
      label={(value) => formatFixed(value, 2)}
      // A slider cannot say a weight by layer.
      disabled={disabled || typeof weight !== 'number'}
      classNames={{ bar: classes['weightBar'] ?? '', mark: classes['weightTick'] ?? '' }}
    />
  );
}
