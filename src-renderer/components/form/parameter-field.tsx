import { ActionIcon, Input, Tooltip, VisuallyHidden } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { type ReactNode, useEffect, useState } from 'react';
import type { ParameterValue } from '../../../src-shared/domain/parameter.ts';
import { textOfValue } from '../../../src-shared/domain/parameter-text.ts';
import classes from './parameter-form.module.css';
import type { Origin } from './parameter-origin.ts';

interface FieldFrameProps {
  /** Of the control; its help and its problem get `${id}-help` and `${id}-problem`, which describe it. */
  id: string;
  label: string;
  /** As it is written in the YAML and after `--set`. */
  name: string;
  help: string;
  /** `below`: the help is read under the control; `hover`: on the label, or by F1 from the keyboard. */
  showHelp?: 'below' | 'hover';
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

const originHelp: Readonly<Record<Origin, string>> = {
  default: 'The default',
  model: 'From the model',
  preset: 'From the preset',
  detected: 'Detected in the data',
  yours: 'Changed by you',
};

/** Label, where the value comes from and the way back to it, the control, and what is wrong with the value. */
export function FieldFrame(props: FieldFrameProps) {
  const { id, label, name, help, showHelp = 'hover', origin, base, onReset, problem, note, wide, disabled } = props;
  const [asked, setAsked] = useState(false);
  useEffect(() => {
    // Mantine's inputs drop an aria-describedby of ours for one of their own wrapper's, which has nothing to say here.
    document.getElementById(id)?.setAttribute('aria-describedby', problem ? `${id}-problem ${id}-help` : `${id}-help`);
  }, [id, problem]);
  const yours = origin === 'yours';
  const classNames = [classes['field'], yours ? classes['changed'] : '', wide ? classes['wide'] : ''];
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: F1 asks for the help of whichever control inside has the focus
    <div
      className={classNames.join(' ')}
      data-disabled={disabled || undefined}
      onKeyDown={(event) => {
        if (event.key !== 'F1') return;
        event.preventDefault();
        setAsked(!asked);
      }}
      onBlur={() => setAsked(false)}
    >
      <div className={classes['head']}>
        {yours ? <span className={classes['mark']} /> : null}
        <Tooltip
          label={
            <>
              <code>{name}</code> {showHelp === 'hover' ? help : ''}
            </>
          }
          position="top-start"
          {...(asked ? { opened: true } : {})}
        >
          <Input.Label htmlFor={id} className={classes['label']} size="xs">
            {label}
          </Input.Label>
        </Tooltip>
        <span className={classes['nameRoom']} aria-hidden>
          <code className={classes['name']}>{name.split('.').at(-1)}</code>
        </span>
        <span className={classes['origin']} title={originHelp[origin]} data-origin={origin}>
          {origin}
        </span>
        {yours ? (
          <Tooltip label={`Reset to ${base}`}>
            <ActionIcon
              size={20}
              aria-label={`Reset ${label} to ${base}`}
              disabled={disabled === true}
              onClick={onReset}
            >
              <IconArrowBackUp size={14} />
            </ActionIcon>
          </Tooltip>
        ) : null}
      </div>
      {props.children}
      {problem ? (
        <div className={classes['problem']} role="alert" id={`${id}-problem`}>
          {problem}
        </div>
      ) : null}
      {note ? <div className={classes['note']}>{note}</div> : null}
      {showHelp === 'below' ? (
        <div className={classes['note']} id={`${id}-help`}>
          {help}
        </div>
      ) : (
        <VisuallyHidden id={`${id}-help`}>{help}</VisuallyHidden>
      )}
    </div>
  );
}

/** A base value in words: "none" where it is empty. */
export function baseWords(value: ParameterValue, empty: string | undefined): string {
  return typeof value === 'boolean' ? (value ? 'on' : 'off') : textOfValue(value).trim() || empty || 'none';
}
