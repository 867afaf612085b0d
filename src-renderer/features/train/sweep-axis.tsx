import { ActionIcon, Textarea, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { ParameterSpec } from '../../../src-shared/domain/parameters/parameter.ts';
import { MultiSelect, Select } from '../../components/form/choices.tsx';
import { trainStrings } from '../../strings/train.ts';
import { valuesInput } from './sweep.ts';
import classes from './train.module.css';
import type { AxisDraft } from './use-sweep.ts';

interface AxisProps {
  axis: AxisDraft;
  spec: ParameterSpec | undefined;
  fields: readonly ParameterSpec[];
  onChange: (changes: Partial<AxisDraft>) => void;
  onRemove: (() => void) | null;
}

/** One axis of a grid: a setting, searchable by name, and its values. */
export function Axis({ axis, spec, fields, onChange, onRemove }: AxisProps) {
  const groups = [...new Set(fields.map(({ group }) => group ?? ''))];
  const label = spec ? trainStrings.valuesOf(spec.label) : trainStrings.values;
  return (
    <div className={classes['axis']}>
      <Select
        label={trainStrings.sweepField}
        placeholder={trainStrings.anySetting}
        searchable
        clearable
        // A name that is typed whole is chosen at once: a click on it must not undo that.
        allowDeselect={false}
        data={groups.map((group) => ({
          group,
          items: fields
            .filter((one) => (one.group ?? '') === group)
            .map((one) => ({ value: one.name, label: one.label })),
        }))}
        value={axis.field}
        onChange={(field) => onChange({ field, text: '', chosen: [] })}
      />
      {spec === undefined ? (
        <TextInput key="none" label={label} disabled placeholder={trainStrings.chooseField} />
      ) : valuesInput(spec) === 'choices' ? (
        <MultiSelect
          label={label}
          data={spec.type === 'boolean' ? onOff : (spec.choices ?? [])}
          value={[...axis.chosen]}
          onChange={(chosen) => onChange({ chosen })}
          placeholder={axis.chosen.length === 0 ? trainStrings.chooseValues : ''}
        />
      ) : valuesInput(spec) === 'lines' ? (
        <Textarea
          label={label}
          autosize
          minRows={2}
          ff="monospace"
          placeholder={trainStrings.oneEachLine}
          value={axis.text}
          onChange={(event) => onChange({ text: event.currentTarget.value })}
        />
      ) : (
        <TextInput
          label={label}
          placeholder={trainStrings.numbersExample}
          value={axis.text}
          onChange={(event) => onChange({ text: event.currentTarget.value })}
        />
      )}
      {onRemove ? (
        <ActionIcon
          aria-label={spec ? trainStrings.removeField(spec.label) : trainStrings.removeEmpty}
          mt={22}
          onClick={onRemove}
        >
          <IconX size={16} />
        </ActionIcon>
      ) : null}
    </div>
  );
}

const onOff = [
  { value: 'true', label: 'on' },
  { value: 'false', label: 'off' },
];
