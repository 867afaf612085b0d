import { ActionIcon, Autocomplete, NumberInput, Select, Switch, TextInput, Tooltip } from '@mantine/core';
import { IconFolder } from '@tabler/icons-react';
import type { ParameterSpec, ParameterValue, ParameterValues } from '../../../src-shared/domain/parameter.ts';
import { textOfValue, valueFromText } from '../../../src-shared/domain/parameter-text.ts';

interface ParameterFieldsProps {
  specs: readonly ParameterSpec[];
  values: ParameterValues;
  onChange: (values: ParameterValues) => void;
  disabled?: boolean;
  /** What a parameter that names a column is chosen from. */
  columns?: readonly string[];
  /** By parameter: texts that are offered, though any may be typed. */
  suggestions?: Readonly<Record<string, readonly string[]>>;
}

/** The form of a catalog entry's parameters: one field each, made from how the entry declares itself. */
export function ParameterFields(props: ParameterFieldsProps) {
  const { specs, values, onChange, disabled = false, columns = [], suggestions = {} } = props;
  return specs.map((spec) => (
    <ParameterField
      key={spec.name}
      spec={spec}
      offered={spec.names === 'column' ? columns : suggestions[spec.name]}
      value={values[spec.name] ?? spec.default}
      disabled={disabled}
      onChange={(value) => onChange({ ...values, [spec.name]: value })}
    />
  ));
}

interface ParameterFieldProps {
  spec: ParameterSpec;
  value: ParameterValue;
  onChange: (value: ParameterValue) => void;
  disabled: boolean;
  offered: readonly string[] | undefined;
}

function ParameterField({ spec, value, onChange, disabled, offered }: ParameterFieldProps) {
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
    case 'text-list':
    case 'integer-list':
    case 'integer-map':
    case 'number-map':
    case 'text-or-list':
      return (
        <TextInput
          label={label}
          description={spec.help}
          defaultValue={textOfValue(value)}
          disabled={disabled}
          onBlur={(event) => onChange(valueFromText(spec, event.currentTarget.value))}
        />
      );
    case 'text':
      if (spec.names === 'column')
        return (
          <Select
            label={label}
            description={spec.help}
            placeholder="none"
            clearable
            searchable
            data={offered ?? []}
            value={value === '' ? null : String(value)}
            disabled={disabled}
            onChange={(next) => onChange(next ?? '')}
          />
        );
      if (spec.names === 'file')
        return (
          <TextInput
            label={label}
            description={spec.help}
            value={String(value)}
            disabled={disabled}
            onChange={(event) => onChange(event.currentTarget.value)}
            rightSection={
              <Tooltip label="Choose a file">
                <ActionIcon
                  size={24}
                  aria-label={`Choose: ${spec.label}`}
                  disabled={disabled}
                  onClick={async () => {
                    const path = await window.coto.dialogs.openFile({ title: spec.label });
                    if (path !== null) onChange(path);
                  }}
                >
                  <IconFolder size={16} />
                </ActionIcon>
              </Tooltip>
            }
          />
        );
      if (offered !== undefined)
        return (
          <Autocomplete
            label={label}
            description={spec.help}
            data={[...offered]}
            // All of them: what stands in the field is the choice, not a search.
            filter={({ options }) => options}
            value={String(value)}
            disabled={disabled}
            onChange={onChange}
          />
        );
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
