import { ActionIcon, Input, NumberInput, Select, Switch, TagsInput, Textarea, TextInput, Tooltip } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { type ReactNode, useId, useState } from 'react';
import classes from './config-field.module.css';
import { differs, numberFromText } from './draft.ts';
import { resetField, setField, useDefaults, useTrainForm } from './draft-store.ts';
import { type FieldSpec, fieldSpec, patternFromText, textFromPattern } from './fields.ts';

/** A field's own name without its card's prefix, as it stands in the YAML. */
export function shortName(name: string): string {
  return name.replace(/^(adapter|coto)\./, '');
}

export function textOfValue(value: unknown): string {
  if (value === null || value === undefined || value === '') return 'none';
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'object') return Object.keys(value).length === 0 ? 'none' : JSON.stringify(value);
  return String(value);
}

interface FieldFrameProps {
  name: string;
  help: string;
  problem: string | undefined;
  id?: string | undefined;
  wide?: boolean;
  children: ReactNode;
}

/** Name, what differs from the default and the way back to it, the control, and what is wrong. */
export function FieldFrame({ name, help, problem, id, wide, children }: FieldFrameProps) {
  const { draft } = useTrainForm();
  const defaults = useDefaults();
  const changed = differs(draft, name, defaults);
  const label = shortName(name);
  const classNames = [classes['field'], changed ? classes['changed'] : '', wide ? classes['wide'] : ''];
  return (
    <div className={classNames.join(' ')}>
      <div className={classes['head']}>
        {changed ? <span className={classes['mark']} title="Differs from the default" /> : null}
        <Tooltip label={help} position="top-start">
          <Input.Label {...(id ? { htmlFor: id } : {})} className={classes['label']} size="xs">
            {label}
          </Input.Label>
        </Tooltip>
        {changed ? (
          <Tooltip label={`Back to ${textOfValue(defaults[name])}`}>
            <ActionIcon
              size={20}
              aria-label={`Reset ${label} to ${textOfValue(defaults[name])}`}
              onClick={() => resetField(name)}
              ml="auto"
            >
              <IconArrowBackUp size={14} />
            </ActionIcon>
          </Tooltip>
        ) : null}
      </div>
      {children}
      {problem ? (
        <div className={classes['problem']} role="alert" id={id ? `${id}-problem` : undefined}>
          {problem}
        </div>
      ) : null}
    </div>
  );
}

interface ConfigFieldProps {
  name: string;
  /** Of a parameter of the chosen variant; the form's own fields are found by their name. */
  spec?: FieldSpec;
  problems: ReadonlyMap<string, string>;
  disabled?: boolean;
  wide?: boolean;
}

/** One field of the run, in the control that its kind asks for. */
export function ConfigField({
  name,
  spec = fieldSpec(name),
  problems,
  disabled = false,
  wide = false,
}: ConfigFieldProps) {
  const id = useId();
  const problem = problems.get(name);
  return (
    <FieldFrame name={name} help={spec.help} problem={problem} id={id} wide={wide}>
      <Control spec={spec} id={id} invalid={problem !== undefined} disabled={disabled} />
    </FieldFrame>
  );
}

function Control({
  spec,
  id,
  invalid,
  disabled,
}: {
  spec: FieldSpec;
  id: string;
  invalid: boolean;
  disabled: boolean;
}) {
  const { draft } = useTrainForm();
  const defaults = useDefaults();
  const value = draft[spec.name] ?? defaults[spec.name];
  const change = (next: unknown) => setField(spec.name, next);
  const shared = { id, disabled, error: invalid, 'aria-describedby': `${id}-problem` };
  const control = spec.control;
  switch (control.kind) {
    case 'integer':
      return (
        <NumberInput
          {...shared}
          value={typeof value === 'number' || typeof value === 'string' ? value : ''}
          onChange={change}
          allowDecimal={false}
          allowNegative={false}
          step={1}
          {...(control.minimum === undefined ? {} : { min: control.minimum })}
          clampBehavior="none"
        />
      );
    case 'integer-or-null':
      return (
        <NumberInput
          {...shared}
          value={typeof value === 'number' || typeof value === 'string' ? value : ''}
          onChange={(next) => change(next === '' ? null : next)}
          placeholder={control.placeholder}
          allowDecimal={false}
          allowNegative={false}
        />
      );
    case 'number':
      return <NumberText shared={shared} value={value} onChange={change} />;
    case 'switch':
      return (
        <Switch
          id={id}
          checked={value === true}
          disabled={disabled}
          onChange={(event) => change(event.currentTarget.checked)}
          mt={4}
        />
      );
    case 'choice':
      return (
        <Select
          {...shared}
          data={control.choices.map((choice) => ({ ...choice }))}
          value={String(value)}
          onChange={change}
          allowDeselect={false}
        />
      );
    case 'list':
      return (
        <TagsInput
          {...shared}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={change}
          placeholder={control.placeholder}
        />
      );
    case 'list-or-null':
      return (
        <TagsInput
          {...shared}
          value={typeof value === 'string' ? [value] : Array.isArray(value) ? value.map(String) : []}
          onChange={(next) => change(next.length === 0 ? null : next)}
          placeholder={Array.isArray(value) ? '' : control.placeholder}
        />
      );
    case 'integers-or-null':
      return (
        <TagsInput
          {...shared}
          value={Array.isArray(value) ? value.map(String) : []}
          onChange={(next) => change(next.length === 0 ? null : next.map(numberFromText))}
          placeholder={Array.isArray(value) ? '' : control.placeholder}
        />
      );
    case 'text':
      return (
        <Textarea
          {...shared}
          value={String(value ?? '')}
          autosize
          minRows={1}
          maxRows={8}
          ff="monospace"
          onChange={(event) => change(event.currentTarget.value)}
        />
      );
    case 'pattern':
      return <PatternText shared={shared} value={value} placeholder={control.placeholder} onChange={change} />;
  }
}

interface SharedProps {
  id: string;
  disabled: boolean;
  error: boolean;
  'aria-describedby': string;
}

/** A number as people write it: 2e-4, 0.0002 or 0,0002. */
function NumberText({
  shared,
  value,
  onChange,
}: {
  shared: SharedProps;
  value: unknown;
  onChange: (value: number | string) => void;
}) {
  const [text, setText] = useState(String(value ?? ''));
  const shown = numberFromText(text) === value ? text : String(value ?? '');
  return (
    <TextInput
      {...shared}
      value={shown}
      inputMode="decimal"
      onChange={(event) => {
        setText(event.currentTarget.value);
        onChange(numberFromText(event.currentTarget.value));
      }}
    />
  );
}

function PatternText({
  shared,
  value,
  placeholder,
  onChange,
}: {
  shared: SharedProps;
  value: unknown;
  placeholder: string;
  onChange: (value: Record<string, unknown>) => void;
}) {
  const [text, setText] = useState(textFromPattern(value));
  const shown = JSON.stringify(patternFromText(text)) === JSON.stringify(value) ? text : textFromPattern(value);
  return (
    <Textarea
      {...shared}
      value={shown}
      placeholder={placeholder}
      autosize
      minRows={1}
      maxRows={6}
      ff="monospace"
      onChange={(event) => {
        setText(event.currentTarget.value);
        onChange(patternFromText(event.currentTarget.value));
      }}
    />
  );
}
