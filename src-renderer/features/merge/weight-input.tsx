import { TextInput, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { type MergeWeight, weightFromText, weightText } from '../../../src-shared/domain/merging/merge.ts';
import { mergeStrings } from '../../strings/merge.ts';
import { shortWeight } from './bench.ts';

interface WeightInputProps {
  name: string;
  weight: MergeWeight;
  disabled: boolean;
  onChange: (weight: MergeWeight) => void;
}

/**
 * A weight as a number, or one for each layer with commas between; the arrow keys step a single one. Three digits are shown
 * until it has the focus.
 */
export function WeightInput({ name, weight, disabled, onChange }: WeightInputProps) {
  const [typed, setTyped] = useState(weightText(weight));
  const [focused, setFocused] = useState(false);
  // Changes from elsewhere (the slider, Normalize) replace the typed text.
  const exact = weightFromText(typed)?.toString() === weight.toString() ? typed : weightText(weight);
  const step = (by: number) => {
    if (typeof weight === 'number') onChange(Number((weight + by).toPrecision(12)));
  };
  return (
    <Tooltip label={mergeStrings.weightTip(weightText(weight))} openDelay={600}>
      <TextInput
        aria-label={mergeStrings.weightAsNumber(name)}
        value={focused ? exact : shortWeight(weight)}
        inputMode="decimal"
        disabled={disabled}
        styles={{ input: { textAlign: 'right' } }}
        onFocus={() => {
          setTyped(weightText(weight));
          setFocused(true);
        }}
        onBlur={() => setFocused(false)}
        onChange={({ currentTarget }) => {
          setTyped(currentTarget.value);
          const next = weightFromText(currentTarget.value);
          if (next !== null) onChange(next);
        }}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
          event.preventDefault();
          step(event.key === 'ArrowUp' ? 0.05 : -0.05);
        }}
      />
    </Tooltip>
  );
}
