import { Collapse, Group, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { memo, type ReactNode, useCallback, useId, useLayoutEffect, useMemo, useRef, useState } from 'react';
import { shallow } from 'zustand/shallow';
import { errorText, StudioError } from '../../../src-shared/contract/errors.ts';
import type {
  ParameterSpec,
  ParameterValue,
  ParameterValues,
} from '../../../src-shared/domain/parameters/parameter.ts';
import { checkParameters, knownValues } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { isInUse } from '../../../src-shared/domain/parameters/parameter-values.ts';
import { metricIds } from '../../../src-shared/metrics/index.ts';
import { appStrings } from '../../strings/app.ts';
import type { DocumentId } from '../help/help-store.ts';
import { ParameterControl } from './parameter-control.tsx';
import { baseWords, FieldFrame } from './parameter-field.tsx';
import classes from './parameter-form.module.css';
import { changedCount, type Origin, type ParameterBases, shownValue } from './parameter-origin.ts';

export interface ParameterFormProps {
  declaration: { readonly parameters: readonly ParameterSpec[]; readonly card?: DocumentId | undefined };
  /** The document behind the "?" of each field, where the declaration itself names none. */
  card?: DocumentId | undefined;
  /** The user's values by parameter; all others come from the base. A value may violate the schema. */
  values: ParameterValues;
  /** The values with one more changed, or one left out: reset. */
  onChange: (values: ParameterValues) => void;
  bases?: ParameterBases;
  /** Sentences besides those of the declaration itself, e.g. of the backend, by parameter. */
  problems?: ReadonlyMap<string, string>;
  /** The backend's last error, shown beside the parameter that it names. */
  error?: Error | null;
  /** All of them, or some by name. */
  disabled?: boolean | readonly string[];
  /** Columns offered for a parameter that names a column. */
  columns?: readonly string[];
  /** By parameter: suggestions; any other value may be typed. */
  suggestions?: Readonly<Record<string, readonly string[]>>;
  /** By parameter: what its value amounts to. */
  notes?: Readonly<Record<string, ReactNode>>;
  showHelp?: 'below' | 'button';
}

/**
 * The form of everything that declares parameters: one field each, where its value comes from and the way back, what is
 * wrong beside it; groups under headings, seldom changed ones behind "More settings"; those without effect given the others
 * are left out.
 */
export function ParameterForm(props: ParameterFormProps) {
  const { declaration, values, bases } = props;
  const all = declaration.parameters;
  const own = useMemo(() => checkParameters(all, knownValues(all, values)), [all, values]);
  const problems = new Map([...own, ...problemOf(props.error, all), ...(props.problems ?? [])]);
  const specs = all.filter(
    (spec) => problems.has(spec.name) || isInUse(spec, all, (other) => shownValue(other, values, bases).value),
  );
  const usual = specs.filter((spec) => !spec.advanced);
  const advanced = specs.filter((spec) => spec.advanced);
  const groups = [...new Set(usual.map((spec) => spec.group))];
  const changeField = useChangeField(props);
  const { card = declaration.card, columns, suggestions, notes, disabled, showHelp } = props;
  const field = (spec: ParameterSpec) => {
    const { value, origin, base } = shownValue(spec, values, bases);
    return (
      <Field
        key={spec.name}
        spec={spec}
        card={card}
        value={value}
        origin={origin}
        base={baseWords(base, spec.empty)}
        problem={problems.get(spec.name)}
        note={notes?.[spec.name]}
        isOff={Array.isArray(disabled) ? disabled.includes(spec.name) : disabled === true}
        offered={spec.names === 'column' ? (columns ?? noColumns) : (suggestions?.[spec.name] ?? offeredFor(spec))}
        showHelp={showHelp}
        onChange={changeField}
      />
    );
  };
  return (
    <div className={classes['form']}>
      {groups.map((group) => (
        <div key={group ?? ''} className={classes['group']}>
          {groups.length > 1 && group !== undefined ? <h3 className={classes['heading']}>{group}</h3> : null}
          <div className={classes['fields']}>{usual.filter((spec) => spec.group === group).map(field)}</div>
        </div>
      ))}
      {advanced.length > 0 ? (
        <MoreSettings
          changed={changedCount(advanced, values, bases)}
          faulty={advanced.some((spec) => problems.has(spec.name))}
        >
          <div className={classes['fields']}>{advanced.map(field)}</div>
        </MoreSettings>
      ) : null}
    </div>
  );
}

const noColumns: readonly string[] = [];

/** The sentence of an error by the parameter that it names; empty where the form does not have it. */
function problemOf(error: Error | null | undefined, specs: readonly ParameterSpec[]): [string, string][] {
  if (!(error instanceof StudioError) || error.field === null) return [];
  const path = error.field.split('.');
  const spec = specs.find(({ name }) => path.includes(name));
  return spec === undefined ? [] : [[spec.name, errorText(error)]];
}

/** Suggestions that do not depend on the form: ids of metrics. */
function offeredFor({ names }: ParameterSpec): readonly string[] | undefined {
  return names === 'metric' ? metricIds : undefined;
}

/** Changes one field, or with undefined resets it; the same function all the time, so that no other field is drawn again. */
function useChangeField(props: ParameterFormProps): FieldProps['onChange'] {
  const latest = useRef(props);
  useLayoutEffect(() => {
    latest.current = props;
  });
  return useCallback((name, next) => {
    const { values, onChange } = latest.current;
    if (next !== undefined) onChange({ ...values, [name]: next });
    else onChange(Object.fromEntries(Object.entries(values).filter(([other]) => other !== name)));
  }, []);
}

interface FieldProps {
  spec: ParameterSpec;
  card: DocumentId | undefined;
  value: ParameterValue;
  origin: Origin;
  base: string;
  problem: string | undefined;
  note: ReactNode;
  isOff: boolean;
  offered: readonly string[] | undefined;
  showHelp: ParameterFormProps['showHelp'];
  onChange: (name: string, next: ParameterValue | undefined) => void;
}

/** A form of dozens of fields is drawn again with each letter typed, and whenever the backend has answered; most stay as they are. */
const Field = memo(function Field(props: FieldProps) {
  const { spec, card, value, origin, base, problem, note, isOff, offered, showHelp, onChange } = props;
  const id = useId();
  return (
    <FieldFrame
      id={id}
      label={spec.label}
      name={spec.name}
      help={spec.help}
      card={card}
      {...(showHelp ? { showHelp } : {})}
      origin={origin}
      base={base}
      onReset={() => onChange(spec.name, undefined)}
      problem={problem}
      note={note}
      wide={spec.multiline === true || spec.type === 'text-or-list'}
      disabled={isOff}
    >
      <ParameterControl
        id={id}
        spec={spec}
        value={value}
        onChange={(next) => onChange(spec.name, next)}
        disabled={isOff}
        invalid={problem !== undefined}
        offered={offered}
      />
    </FieldFrame>
  );
}, isSameField);

/** Lists that say the same are the same: what is offered is put together again each time. */
function isSameField(before: FieldProps, after: FieldProps): boolean {
  const { offered: offeredBefore, value: valueBefore, ...restBefore } = before;
  const { offered: offeredAfter, value: valueAfter, ...restAfter } = after;
  return (
    shallow(restBefore, restAfter) && shallow(offeredBefore, offeredAfter) && shallow<unknown>(valueBefore, valueAfter)
  );
}

interface MoreSettingsProps {
  changed: number;
  /** A fault inside keeps them open. */
  faulty: boolean;
  children: ReactNode;
}

/** Collapsible section of rarely changed settings; its header shows how many differ. */
export function MoreSettings({ changed, faulty, children }: MoreSettingsProps) {
  const [wanted, { toggle }] = useDisclosure(false);
  const open = wanted || faulty;
  // Half of a form's fields are seldom looked at: they are made when they are first shown, and kept from then on.
  const [made, setMade] = useState(open);
  if (open && !made) setMade(true);
  const Chevron = open ? IconChevronDown : IconChevronRight;
  return (
    <div>
      <UnstyledButton onClick={toggle} aria-expanded={open}>
        <Group gap={4}>
          <Chevron size={14} />
          <Text size="xs" c="dimmed">
            {appStrings.moreSettings}
            {changed > 0 ? ` ${appStrings.changedSettings(changed)}` : ''}
          </Text>
        </Group>
      </UnstyledButton>
      <Collapse expanded={open} mt={8}>
        {made ? children : null}
      </Collapse>
    </div>
  );
}
