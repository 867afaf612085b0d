import { ActionIcon, Chip, Group, Switch, Textarea, TextInput, Tooltip } from '@mantine/core';
import { IconFolder } from '@tabler/icons-react';
import { type KeyboardEvent, useState } from 'react';
import { z } from 'zod';
import { pathLabel } from '../../../src-shared/contract/paths.ts';
import type { ParameterSpec, ParameterValue } from '../../../src-shared/domain/parameters/parameter.ts';
import { numberFromText, textOfValue, valueFromText } from '../../../src-shared/domain/parameters/parameter-text.ts';
import { metricLabel } from '../../../src-shared/metrics/index.ts';
import { appStrings } from '../../strings/app.ts';
import { Autocomplete, MultiSelect, Select, TagsInput } from './choices.tsx';
import classes from './parameter-form.module.css';
import { Segments } from './segments.tsx';

const words = appStrings.field;

export interface ControlProps {
  id: string;
  spec: ParameterSpec;
  value: ParameterValue;
  onChange: (value: ParameterValue) => void;
  disabled: boolean;
  invalid: boolean;
  /** Suggested choices: columns of a dataset, modules of a model. Users may type any other value. */
  offered: readonly string[] | undefined;
}

/** The control that a parameter's type asks for. */
export function ParameterControl(props: ControlProps) {
  const { spec, value, onChange, offered } = props;
  const shared = sharedProps(props);
  switch (spec.type) {
    case 'integer':
    case 'number':
      return <NumberControl {...props} />;
    case 'boolean':
      if (spec.nullable) return <OptionalSwitch {...props} />;
      return (
        <Switch
          {...shared}
          mt={4}
          checked={value === true}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case 'choice':
      return (
        <Select
          {...shared}
          data={spec.choices ?? []}
          value={value === null ? null : textOfValue(value)}
          placeholder={spec.empty ?? words.none}
          clearable={spec.nullable === true}
          allowDeselect={false}
          onChange={(next) => {
            if (next !== null || spec.nullable) onChange(next);
          }}
        />
      );
    case 'text-list':
      if (spec.choices === undefined) return <ListControl {...props} />;
      return (
        <MultiSelect
          {...shared}
          searchable
          data={spec.choices}
          value={namesIn(value)}
          placeholder={namesIn(value).length === 0 ? (spec.empty ?? words.none) : ''}
          onChange={onChange}
        />
      );
    case 'integer-list':
    case 'number-list':
      return <ListControl {...props} />;
    case 'tokens':
      return <TokensControl {...props} />;
    case 'integer-map':
    case 'number-map':
      return <MapControl {...props} />;
    case 'text-or-list':
      return <NamesControl {...props} />;
    case 'text':
      if (spec.names === 'column')
        return (
          <Select
            {...shared}
            placeholder={words.none}
            clearable
            searchable
            data={offered ?? []}
            value={value === '' ? null : textOfValue(value)}
            onChange={(next) => onChange(next ?? '')}
          />
        );
      if (spec.names === 'file') return <FileControl {...props} />;
      if (offered !== undefined)
        return (
          <Autocomplete
            {...shared}
            data={[...offered]}
            {...(spec.names === 'metric' ? { renderOption: MetricOption } : {})}
            // All of them: the field shows the choice, not a search.
            filter={({ options }) => options}
            value={textOfValue(value)}
            onChange={(next) => onChange(next === '' && spec.nullable ? null : next)}
          />
        );
      return <TextControl {...props} />;
  }
}

/** A metric by its id, which files have, and its label. */
function MetricOption({ option }: { option: { value: string } }) {
  return (
    <span className={classes['metricOption']}>
      {metricLabel(option.value)} <code>{option.value}</code>
    </span>
  );
}

/** Yes, no, or what null stands for. */
function OptionalSwitch(props: ControlProps) {
  const { spec, value, onChange } = props;
  return (
    <Select
      {...sharedProps(props)}
      data={[
        { value: '', label: spec.empty ?? words.none },
        { value: 'true', label: words.yes },
        { value: 'false', label: words.no },
      ]}
      value={textOfValue(value)}
      allowDeselect={false}
      onChange={(next) => onChange(valueFromText(spec, next ?? ''))}
    />
  );
}

function sharedProps({ id, disabled, invalid }: ControlProps) {
  return { id, disabled, error: invalid };
}

/** A number as people write it (2e-4, 0.0002 or 0,0002), stepped by the arrow keys; the unit is inside, at the right. */
function NumberControl(props: ControlProps) {
  const { spec, value, onChange } = props;
  const [text, setText] = useState(textOfValue(value));
  const shown = valueFromText(spec, text) === value ? text : textOfValue(value);
  const step = spec.step ?? (spec.type === 'integer' ? 1 : undefined);
  const onKeyDown = (event: KeyboardEvent) => {
    const sign = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
    if (sign === 0 || step === undefined || typeof value !== 'number') return;
    event.preventDefault();
    // 0.1 + 0.2 would show its rounding.
    const next = Number((value + sign * step).toPrecision(12));
    const least = spec.minimum ?? Number.NEGATIVE_INFINITY;
    const most = spec.maximum ?? Number.POSITIVE_INFINITY;
    onChange(Math.min(most, Math.max(least, next)));
  };
  return (
    <TextInput
      {...sharedProps(props)}
      value={shown}
      inputMode={spec.type === 'integer' ? 'numeric' : 'decimal'}
      placeholder={spec.empty ?? ''}
      onKeyDown={onKeyDown}
      onChange={(event) => {
        setText(event.currentTarget.value);
        onChange(valueFromText(spec, event.currentTarget.value));
      }}
      {...(spec.unit
        ? { rightSection: <span className={classes['unit']}>{spec.unit}</span>, rightSectionWidth: 70 }
        : {})}
      rightSectionPointerEvents="none"
    />
  );
}

function TextControl(props: ControlProps) {
  const { spec, value, onChange } = props;
  if (spec.multiline)
    return (
      <Textarea
        {...sharedProps(props)}
        value={textOfValue(value)}
        autosize
        minRows={1}
        maxRows={8}
        ff="monospace"
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  return (
    <TextInput
      {...sharedProps(props)}
      placeholder={spec.empty ?? ''}
      value={textOfValue(value)}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}

function FileControl(props: ControlProps) {
  const { spec, value, onChange, disabled } = props;
  return (
    <TextInput
      {...sharedProps(props)}
      value={pathLabel(textOfValue(value))}
      placeholder={spec.empty ?? ''}
      // A path that is typed gives no right to the file: it is chosen, or cleared.
      readOnly
      onKeyDown={(event) => {
        if (!disabled && (event.key === 'Delete' || event.key === 'Backspace')) onChange('');
      }}
      rightSection={
        <Tooltip label={words.chooseFile}>
          <ActionIcon
            size={24}
            aria-label={words.chooseFor(spec.label)}
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
}

function ListControl(props: ControlProps) {
  const { spec, value, onChange, offered } = props;
  const chosen = namesIn(value);
  const change = (next: string[]) => {
    if (next.length === 0) return onChange(spec.nullable ? null : []);
    if (spec.type === 'text-list') return onChange(next);
    const numbers = next.map(numberFromText);
    // A list that is not all numbers stays as text, which the schema refuses.
    onChange(numbers.every((one) => typeof one === 'number') ? numbers : next);
  };
  return (
    <TagsInput
      {...sharedProps(props)}
      value={chosen}
      data={[...(offered ?? [])]}
      // A stop string may hold a comma; Enter ends an entry.
      splitChars={spec.type === 'text-list' ? [] : [',', ' ']}
      placeholder={chosen.length === 0 ? (spec.empty ?? words.none) : ''}
      onChange={change}
    />
  );
}

function MapControl(props: ControlProps) {
  const { spec, value, onChange } = props;
  const lines = typeof value === 'string' ? value : textOfValue(value).replaceAll(', ', '\n');
  const [text, setText] = useState(lines);
  const shown = JSON.stringify(valueFromText(spec, text)) === JSON.stringify(value) ? text : lines;
  return (
    <Textarea
      {...sharedProps(props)}
      value={shown}
      placeholder={spec.empty ?? 'q_proj=16'}
      autosize
      minRows={1}
      maxRows={6}
      ff="monospace"
      onChange={(event) => {
        setText(event.currentTarget.value);
        onChange(valueFromText(spec, event.currentTarget.value));
      }}
    />
  );
}

const tokenLists = z.record(z.string(), z.array(z.union([z.string(), z.number()])));

/** Tokens by their text or id: one list, or a list for each module, whose modules stay while the tokens change. */
function TokensControl(props: ControlProps) {
  const { spec, value, onChange, offered = [] } = props;
  const lists = Array.isArray(value) ? null : (tokenLists.safeParse(value).data ?? null);
  const modules = Object.keys(lists ?? {});
  const chosen = [...new Set((lists === null ? namesIn(value) : Object.values(lists).flat()).map(String))];
  const change = (next: readonly string[]) => {
    if (next.length === 0) return onChange(spec.nullable ? null : []);
    // A number that is no token's text is an id.
    const tokens = next.map((one) => (/^\d+$/.test(one) && !offered.includes(one) ? Number(one) : one));
    if (lists === null) return onChange(tokens);
    const isLeft = (token: string | number) => next.includes(String(token));
    const isNew = (token: string | number) => !chosen.includes(String(token));
    const changed: Record<string, (string | number)[]> = {};
    for (const name of modules) {
      const kept = [...(lists[name] ?? []).filter(isLeft), ...tokens.filter(isNew)];
      if (kept.length > 0) changed[name] = kept;
    }
    onChange(changed);
  };
  return (
    <>
      <TagsInput
        {...sharedProps(props)}
        value={chosen}
        data={[...offered]}
        splitChars={[]}
        placeholder={chosen.length === 0 ? (spec.empty ?? words.none) : ''}
        onChange={change}
      />
      {modules.length === 0 ? null : <span className={classes['unit']}>{words.inModules(modules.join(', '))}</span>}
    </>
  );
}

/** Module names by PEFT's rules: a word of the declaration (all-linear), a list of names, or a regular expression. */
function NamesControl(props: ControlProps) {
  const { id, spec, value, onChange, disabled, offered = [] } = props;
  const choices = spec.choices ?? [];
  const chosen = namesIn(value);
  const others = chosen.filter((name) => !offered.includes(name));
  const mode = typeof value !== 'string' ? 'names' : choices.some((choice) => choice.value === value) ? value : 'regex';
  const switchTo = (next: string) => {
    if (next === mode) return;
    if (next === 'names') onChange(offered.length > 0 && !spec.nullable ? [...offered] : spec.nullable ? null : []);
    else if (next === 'regex') onChange(offered.length > 0 ? `.*\\.(${offered.join('|')})` : '.*');
    else onChange(next);
  };
  const put = (next: readonly string[]) => onChange(next.length === 0 && spec.nullable ? null : [...next]);
  return (
    <>
      <Segments
        aria-label={words.howGiven(spec.label)}
        disabled={disabled}
        value={mode}
        onChange={switchTo}
        data={[...choices, { value: 'names', label: words.byName }, { value: 'regex', label: words.byRegex }]}
      />
      {mode === 'names' && offered.length > 0 ? (
        <Chip.Group
          multiple
          value={chosen.filter((name) => offered.includes(name))}
          onChange={(next) => put([...offered.filter((name) => next.includes(name)), ...others])}
        >
          <Group gap={4} mt={8} role="group" aria-label={words.modulesOf(spec.label)}>
            {offered.map((name) => (
              <Chip key={name} value={name} size="xs" radius="sm" disabled={disabled}>
                {name}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
      ) : null}
      {mode === 'names' ? (
        <TagsInput
          {...sharedProps(props)}
          mt={8}
          value={offered.length > 0 ? others : chosen}
          placeholder={chosen.length > 0 ? '' : (spec.empty ?? words.moduleNames)}
          onChange={(next) => put([...chosen.filter((name) => offered.includes(name)), ...next])}
        />
      ) : null}
      {mode === 'regex' ? (
        <TextInput
          {...sharedProps(props)}
          mt={8}
          ff="monospace"
          value={textOfValue(value)}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      ) : null}
      {mode !== 'names' && mode !== 'regex' ? <input type="hidden" id={id} value={mode} /> : null}
    </>
  );
}

function namesIn(value: ParameterValue): string[] {
  if (Array.isArray(value)) return value.map(String);
  return typeof value === 'string' && value !== '' ? [value] : [];
}
