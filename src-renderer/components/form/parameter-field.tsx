import { ActionIcon, Input, Tooltip, VisuallyHidden } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { type ReactNode, useEffect } from 'react';
import type { ParameterValue } from '../../../src-shared/domain/parameters/parameter.ts';
import { textOfValue } from '../../../src-shared/domain/parameters/parameter-text.ts';
import { appStrings } from '../../strings/app.ts';
import { FieldTerm, GlossaryText } from '../help/glossary-text.tsx';
import { HelpButton } from '../help/help-button.tsx';
import { type DocumentId, openCard } from '../help/help-store.ts';
import classes from './parameter-form.module.css';
import type { Origin } from './parameter-origin.ts';

interface FieldFrameProps {
  /** Id of the control; its help and its problem get `${id}-help` and `${id}-problem`, which describe it. */
  id: string;
  label: string;
  /** Name in the YAML and after `--set`. */
  name: string;
  help: string;
  /** The document below the help in the side sheet, which the "?" and F1 in the control open. */
  card?: DocumentId | undefined;
  /** `below`: the help is read under the control as well; `button`: behind the "?" alone. */
  showHelp?: 'below' | 'button';
  origin: Origin;
  /** In words, what a reset goes back to. */
  base: string;
  onReset: () => void;
  problem: string | undefined;
  note?: ReactNode;
  wide?: boolean;
  disabled?: boolean | undefined;
  children: ReactNode;
}

/**
 * Label with the name in the YAML beneath it, the control, then help, the way back to the base value, and what is wrong. In
 * the tab order the control comes first.
 */
export function FieldFrame(props: FieldFrameProps) {
  const {
    id,
    label,
    name,
    help,
    card,
    showHelp = 'button',
    origin,
    base,
    onReset,
    problem,
    note,
    wide,
    disabled,
  } = props;
  useEffect(() => {
    // Mantine's inputs drop an aria-describedby of ours for one of their own wrapper's, which has nothing to say here.
    document.getElementById(id)?.setAttribute('aria-describedby', problem ? `${id}-problem ${id}-help` : `${id}-help`);
  }, [id, problem]);
  const yours = origin === 'yours';
  const key = name.split('.').at(-1) ?? name;
  const classNames = [classes['field'], yours ? classes['changed'] : '', wide ? classes['wide'] : ''];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: F1 asks for the help of whichever control inside has the focus
    <div
      className={classNames.join(' ')}
      data-field={name}
      data-disabled={disabled || undefined}
      onKeyDown={(event) => {
        if (event.key !== 'F1') return;
        event.preventDefault();
        openCard(card ?? null, { name, label, help });
      }}
    >
      <div className={classes['head']}>
        {yours ? <span className={classes['mark']} /> : null}
        <Input.Label htmlFor={id} className={classes['label']} size="xs">
          {label}
        </Input.Label>
      </div>
      <div className={classes['control']}>{props.children}</div>
      <FieldTerm label={label} name={key} className={classes['name'] ?? ''} />
      <div className={classes['tools']}>
        <span className={classes['origin']} title={appStrings.originHelp[origin]} data-origin={origin}>
          {appStrings.origins[origin]}
        </span>
        <HelpButton label={label} card={card} field={{ name, help }} />
        {yours ? (
          <Tooltip label={appStrings.field.resetTo(base)}>
            <ActionIcon
              size={20}
              aria-label={appStrings.field.resetFieldTo(label, base)}
              disabled={disabled === true}
              onClick={onReset}
            >
              <IconArrowBackUp size={14} />
            </ActionIcon>
          </Tooltip>
        ) : null}
      </div>
      <div className={classes['foot']}>
        {problem ? (
          <div className={classes['problem']} role="alert" id={`${id}-problem`}>
            {problem}
          </div>
        ) : null}
        {note ? <div className={classes['note']}>{note}</div> : null}
        {showHelp === 'below' ? (
          <div className={classes['note']} id={`${id}-help`}>
            <GlossaryText text={help} />
          </div>
        ) : (
          <VisuallyHidden id={`${id}-help`}>{help}</VisuallyHidden>
        )}
      </div>
    </div>
  );
}

/** A base value in words: "none" where it is empty. */
export function baseWords(value: ParameterValue, empty: string | undefined): string {
  return typeof value === 'boolean'
    ? value
      ? appStrings.field.on
      : appStrings.field.off
    : textOfValue(value).trim() || empty || appStrings.field.none;
}
