import { Stack, Text } from '@mantine/core';
import { useId } from 'react';
import type { Declaration } from '../../../src-shared/domain/parameters/parameter.ts';
import { textOfValue } from '../../../src-shared/domain/parameters/parameter-text.ts';
import { runParameters } from '../../../src-shared/domain/runs/run.ts';
import { FieldFrame } from '../../components/form/parameter-field.tsx';
import { ParameterForm } from '../../components/form/parameter-form.tsx';
import { Segments } from '../../components/form/segments.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { trainStrings } from '../../strings/train.ts';
import { type Draft, defaultDraft, defaultsOf, withDefaults } from './draft.ts';
import { changeDraft, setField, useTrainForm } from './draft-store.ts';
import { draftChanges, presetBases } from './preset-changes.ts';
import { runFields } from './run-fields.ts';

const words = trainStrings.simple;
const lengthNames = ['num_train_epochs', 'max_steps'];
/** Fields of the simple form; base and data are chosen above it. */
const shownNames: ReadonlySet<string> = new Set(['model', 'dataset', 'coto', ...lengthNames]);
/** Recommended settings that are named, in this order; the line counts the others. */
const namedSettings = [
  'adapter.variant',
  'adapter.r',
  'adapter.lora_alpha',
  'adapter.target_modules',
  'learning_rate',
  'lr_scheduler_type',
  'per_device_train_batch_size',
  'seed',
];

/** Returns true if a field that only the full form has is wrong. */
export function needsFullForm(problems: ReadonlyMap<string, string>): boolean {
  return [...problems.keys()].some((name) => !shownNames.has(name));
}

interface SimpleFormProps {
  variants: readonly Declaration[];
  problems: ReadonlyMap<string, string>;
}

/** Goal and length of the run, and a line with the values of all other settings. They are the same fields as in the full form. */
export function SimpleForm({ variants, problems }: SimpleFormProps) {
  const { draft, preset } = useTrainForm();
  const id = useId();
  const isForMerging = draft['coto'] === true;
  const bases = presetBases(preset);
  const base = (preset?.settings['coto'] ?? defaultDraft['coto']) === true;
  const { recommended, changed } = otherSettings(
    draft,
    { ...defaultsOf(draft, variants), ...preset?.settings },
    variants,
  );
  return (
    <Panel title={words.title}>
      <Stack gap={8}>
        <FieldFrame
          id={id}
          name="coto"
          label={words.goal}
          help={words.goalHelp}
          card="methods/coto"
          origin={isForMerging === base ? (preset?.settings['coto'] === undefined ? 'default' : 'preset') : 'yours'}
          base={words.goals[base ? 'merge' : 'task']}
          onReset={() => setField('coto', base)}
          problem={problems.get('coto')}
          note={words.goalNote}
        >
          <Segments
            aria-label={words.goal}
            data={(['task', 'merge'] as const).map((value) => ({ value, label: words.goals[value] }))}
            value={isForMerging ? 'merge' : 'task'}
            onChange={(value) => setField('coto', value === 'merge')}
          />
        </FieldFrame>
        <ParameterForm
          declaration={{ parameters: runParameters().filter(({ name }) => lengthNames.includes(name)) }}
          card="guide/train"
          values={draft}
          onChange={changeDraft}
          problems={problems}
          bases={bases}
          disabled={Number(draft['max_steps']) > 0 ? ['num_train_epochs'] : false}
        />
        <Text size="xs" c="dimmed">
          {words.recommended(recommended)}
          {changed.length === 0 ? null : ` ${words.changed(changed)}`}
        </Text>
      </Stack>
    </Panel>
  );
}

/** The settings that the simple form leaves out: those with the recommended value, and those that a person changed. */
export function otherSettings(draft: Draft, recommended: Draft, variants: readonly Declaration[]) {
  const changes = draftChanges(recommended, draft, variants).filter(({ name }) => !shownNames.has(name));
  const values = withDefaults(draft, variants);
  const fields = new Map(runFields(draft, variants).map((spec) => [spec.name, spec]));
  const kept = namedSettings.flatMap((name) => {
    const spec = fields.get(name);
    if (spec === undefined || changes.some((change) => change.name === name)) return [];
    const text = textOfValue(values[name]);
    return [`${spec.label} ${spec.choices?.find(({ value }) => value === text)?.label ?? text}`];
  });
  return { recommended: kept, changed: changes.map(({ label, to }) => `${label} ${to}`) };
}
