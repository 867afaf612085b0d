import { NumberInput, type NumberInputProps } from '@mantine/core';

interface CountInputProps extends Pick<NumberInputProps, 'label' | 'description' | 'step' | 'max'> {
  value: number | null;
  /** Null: nothing is written. */
  onChange: (count: number | null) => void;
}

/** A whole number of things, with what it means below it. */
export function CountInput({ value, onChange, ...others }: CountInputProps) {
  return (
    <NumberInput
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      min={0}
      allowDecimal={false}
      value={value ?? ''}
      onChange={(written) => onChange(written === '' ? null : Math.max(0, Math.round(Number(written) || 0)))}
      {...others}
    />
  );
}
