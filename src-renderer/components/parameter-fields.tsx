import { NumberInput, Select, Switch, TextInput } from '@mantine/core';
import type { ParameterSpec, ParameterValues } from '../../src-shared/domain/parameter.ts';

interface ParameterFieldsProps {
  specs: readonly ParameterSpec[];
  values: ParameterValues;
  onChange: (values: ParameterValues) => void;
  disabled?: boolean;
}

/** The form of a catalog entry's parameters: one field each, made from how the entry declares itself. */
export function ParameterFields({ specs, values, onChange, disabled = false }: ParameterFieldsProps) {
  return specs.map((spec) => (
    <ParameterField
      key={spec.name}
      spec={spec}
      value={values[spec.name] ?? spec.default}
      disabled={disabled}
      onChange={(value) => onChange({ ...values, [spec.name]: value })}
    />
  ));
}

interface ParameterFieldProps {
  spec: ParameterSpec;
  value: number | boolean | string;
  onChange: (value: number | boolean | string) => void;
  disabled: boolean;
}

function ParameterField({ spec, value, onChange, disabled }: ParameterFieldProps) {
  const label = spec.unit ? `${spec.label} (${spec.unit})` : spec.label;
  switch (spec.type) {
    case 'integer':
    case 'number':
      return (
        <NumberInput
          label={label}
          description={spec.help}
          value={Number(value)}
          allowDecimal={spec.type === 'number'}
          disabled={disabled}
          {...(spec.minimum === undefined ? {} : { min: spec.minimum })}
          {...(spec.maximum === undefined ? {} : { max: spec.maximum })}
          step={spec.step ?? (spec.type === 'integer' ? 1 : 0.05)}
          onChange={(next) => {
            const number = typeof next === 'number' ? next : Number.parseFloat(next);
            if (Number.isFinite(number)) onChange(number);
          }}
        />
      );
    case 'boolean':
      return (
        <Switch
          label={label}
          description={spec.help}
          checked={Boolean(value)}
          disabled={disabled}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case 'choice':
      return (
        <Select
          label={label}
          description={spec.help}
          data={spec.choices ?? []}
          value={String(value)}
          allowDeselect={false}
          disabled={disabled}
          onChange={(next) => {
            if (next !== null) onChange(next);
          }}
        />
      );
    case 'text':
      return (
        <TextInput
          label={label}
          description={spec.help}
          value={String(value)}
          disabled={disabled}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
  }
}
