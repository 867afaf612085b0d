import { Collapse, Group, Text, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { type ReactNode, useId, useMemo, useState } from 'react';
import type { ParameterSpec, ParameterValue, ParameterValues } from '../../../src-shared/domain/parameter.ts';
import { checkParameters, knownValues } from '../../../src-shared/domain/parameter-check.ts';
import { isInUse } from '../../../src-shared/domain/parameter-values.ts';
import type { DocumentId } from '../help/help-store.ts';
import { ParameterControl } from './parameter-control.tsx';
import { baseWords, FieldFrame } from './parameter-field.tsx';
import classes from './parameter-form.module.css';
import { changedCount, type ParameterBases, shownValue } from './parameter-origin.ts';

export interface ParameterFormProps {
  declaration: { readonly parameters: readonly ParameterSpec[]; readonly card?: DocumentId | undefined };
  /** The document behind the "?" of each field, where the declaration itself names none. */
  card?: DocumentId | undefined;
  /** What the person chose, by parameter; a value that is not here is the base's. It may be one that no schema allows. */
  values: ParameterValues;
  /** The values with one more changed, or one left out: reset. */
  onChange: (values: ParameterValues) => void;
  bases?: ParameterBases;
  /** Sentences besides those of the declaration itself, e.g. of the backend, by parameter. */
  problems?: ReadonlyMap<string, string>;
  /** All of them, or some by name. */
  disabled?: boolean | readonly string[];
  /** What a parameter that names a column is chosen from. */
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
  const problems = new Map([...own, ...(props.problems ?? [])]);
  const specs = all.filter(
    (spec) => problems.has(spec.name) || isInUse(spec, all, (other) => shownValue(other, values, bases).value),
  );
  const usual = specs.filter((spec) => !spec.advanced);
  const advanced = specs.filter((spec) => spec.advanced);
  const groups = [...new Set(usual.map((spec) => spec.group))];
  const field = (spec: ParameterSpec) => (
    <Field key={spec.name} {...props} spec={spec} problem={problems.get(spec.name)} />
  );
  return (
    <div className={classes['form']}>
      {groups.map((group) => (
        <div key={group ?? ''} className={classes['group']}>
          {groups.length > 1 && group !== undefined ? <h4 className={classes['heading']}>{group}</h4> : null}
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

interface FieldProps extends ParameterFormProps {
  spec: ParameterSpec;
  problem: string | undefined;
}

function Field(props: FieldProps) {
  const {
    spec,
    problem,
    declaration,
    card = declaration.card,
    values,
    onChange,
    bases,
    disabled,
    columns = [],
    suggestions,
    notes,
    showHelp,
  } = props;
  const id = useId();
  const { value, origin, base } = shownValue(spec, values, bases);
  const isOff = Array.isArray(disabled) ? disabled.includes(spec.name) : disabled === true;
  const change = (next: ParameterValue) => onChange({ ...values, [spec.name]: next });
  return (
    <FieldFrame
      id={id}
      label={spec.label}
      name={spec.name}
      help={spec.help}
      card={card}
      {...(showHelp ? { showHelp } : {})}
      origin={origin}
      base={baseWords(base, spec.empty)}
      onReset={() => onChange(Object.fromEntries(Object.entries(values).filter(([name]) => name !== spec.name)))}
      problem={problem}
      note={notes?.[spec.name]}
      wide={spec.multiline === true || spec.type === 'text-or-list'}
      disabled={isOff}
    >
      <ParameterControl
        id={id}
        spec={spec}
        value={value}
        onChange={change}
        disabled={isOff}
        invalid={problem !== undefined}
        offered={spec.names === 'column' ? columns : suggestions?.[spec.name]}
      />
    </FieldFrame>
  );
}

interface MoreSettingsProps {
  changed: number;
  /** A fault inside keeps them open. */
  faulty: boolean;
  children: ReactNode;
}

/** What is seldom changed; the line says how many of them are. */
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
            More settings{changed > 0 ? ` (${changed} changed)` : ''}
          </Text>
        </Group>
      </UnstyledButton>
      <Collapse expanded={open} mt={8}>
        {made ? children : null}
      </Collapse>
    </div>
  );
}
