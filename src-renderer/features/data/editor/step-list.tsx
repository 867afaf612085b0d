import { ActionIcon, Button, Group, Menu, NumberInput, Text, TextInput } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import type { DataStep } from '../../../../src-shared/domain/data/data-steps.ts';
import { Autocomplete } from '../../../components/form/choices.tsx';
import { Panel } from '../../../components/layout/panel.tsx';
import { dataEditorStrings } from '../../../strings/data-editor.ts';
import classes from './editor.module.css';

const strings = dataEditorStrings.steps;
const wholeSteps = Object.keys(dataEditorStrings.wholeSteps) as (keyof typeof dataEditorStrings.wholeSteps)[];

interface StepListProps {
  /** A string is the reason why they cannot be listed. */
  steps: readonly DataStep[] | string;
  labels: readonly string[];
  onChange: (steps: readonly DataStep[]) => void;
  /** Null where there is nothing to undo or redo. */
  onUndo: (() => void) | null;
  onRedo: (() => void) | null;
}

/** The steps of a dataset in words, each with a button that removes it, and a menu of those that it may get. */
export function StepList({ steps, labels, onChange, onUndo, onRedo }: StepListProps) {
  const [asked, setAsked] = useState<'sample' | 'rename-label' | null>(null);
  const known = typeof steps === 'string' ? [] : steps;
  const add = (step: DataStep) => {
    setAsked(null);
    onChange([...known, step]);
  };
  return (
    <Panel
      title={strings.title}
      note={strings.note}
      aside={
        <Group gap={8} wrap="nowrap">
          <Button variant="default" size="compact-sm" disabled={onUndo === null} onClick={() => onUndo?.()}>
            {strings.undo}
          </Button>
          <Button variant="default" size="compact-sm" disabled={onRedo === null} onClick={() => onRedo?.()}>
            {strings.redo}
          </Button>
          <Menu>
            <Menu.Target>
              <Button variant="default" size="compact-sm">
                {strings.add}
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {wholeSteps.map((step) => (
                <Menu.Item key={step} disabled={known.some((one) => one.step === step)} onClick={() => add({ step })}>
                  {dataEditorStrings.wholeSteps[step]}
                </Menu.Item>
              ))}
              <Menu.Divider />
              <Menu.Item onClick={() => setAsked('sample')}>{strings.sample}</Menu.Item>
              <Menu.Item onClick={() => setAsked('rename-label')}>{strings.rename}</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Group>
      }
    >
      {asked === 'sample' ? <SampleForm onAdd={add} onCancel={() => setAsked(null)} /> : null}
      {asked === 'rename-label' ? <RenameForm labels={labels} onAdd={add} onCancel={() => setAsked(null)} /> : null}
      {typeof steps === 'string' ? (
        <Text role="alert">{strings.unknown(steps)}</Text>
      ) : steps.length === 0 ? (
        <Text c="dimmed">{strings.none}</Text>
      ) : (
        <ol className={classes['steps']} aria-label={strings.title}>
          {steps.map((step, place) => {
            const words = dataEditorStrings.step(step);
            return (
              <li key={`${place} ${words}`}>
                <span>{words}</span>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size="sm"
                  aria-label={strings.remove(words)}
                  title={strings.remove(words)}
                  onClick={() => onChange(steps.filter((one) => one !== step))}
                >
                  <IconX size={14} aria-hidden />
                </ActionIcon>
              </li>
            );
          })}
        </ol>
      )}
    </Panel>
  );
}

interface StepFormProps {
  onAdd: (step: DataStep) => void;
  onCancel: () => void;
}

function SampleForm({ onAdd, onCancel }: StepFormProps) {
  const [rows, setRows] = useState<number | string>(1000);
  const [seed, setSeed] = useState<number | string>(0);
  const isGood = typeof rows === 'number' && rows >= 1 && typeof seed === 'number' && seed >= 0;
  return (
    <StepForm
      isGood={isGood}
      onAdd={() => onAdd({ step: 'sample', rows: Number(rows), seed: Number(seed) })}
      onCancel={onCancel}
    >
      <NumberInput label={strings.rows} w={120} min={1} allowDecimal={false} value={rows} onChange={setRows} />
      <NumberInput label={strings.seed} w={96} min={0} allowDecimal={false} value={seed} onChange={setSeed} />
    </StepForm>
  );
}

function RenameForm({ labels, onAdd, onCancel }: StepFormProps & { labels: readonly string[] }) {
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  // The notation sets them apart by a colon.
  const isGood = from.trim() !== '' && to.trim() !== '' && !/[:;\n]/.test(from) && !/[;\n]/.test(to);
  return (
    <StepForm
      isGood={isGood}
      onAdd={() => onAdd({ step: 'rename-label', from: from.trim(), to: to.trim() })}
      onCancel={onCancel}
    >
      <Autocomplete label={strings.from} w={180} data={[...labels]} value={from} onChange={setFrom} />
      <TextInput label={strings.to} w={180} value={to} onChange={(event) => setTo(event.currentTarget.value)} />
    </StepForm>
  );
}

interface SettledStepProps {
  isGood: boolean;
  onAdd: () => void;
  onCancel: () => void;
  children: ReactNode;
}

function StepForm({ isGood, onAdd, onCancel, children }: SettledStepProps) {
  return (
    <Group align="end" gap={12} mb={12}>
      {children}
      <Button disabled={!isGood} onClick={onAdd}>
        {strings.confirm}
      </Button>
      <Button variant="default" onClick={onCancel}>
        {strings.cancel}
      </Button>
    </Group>
  );
}
