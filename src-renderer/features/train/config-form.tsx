import { Select, Stack, Switch, Text } from '@mantine/core';
import { type ReactNode, useId } from 'react';
import { schedules } from '../../../src-shared/coto/schedules/index.ts';
import { adapterParameters } from '../../../src-shared/domain/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/catalog.ts';
import { cotoDeclaration, cotoSettingsSchema, usedSettings } from '../../../src-shared/domain/coto.ts';
import type { DatasetRecord } from '../../../src-shared/domain/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/model.ts';
import type { Declaration, ParameterSpec } from '../../../src-shared/domain/parameter.ts';
import { textOfValue } from '../../../src-shared/domain/parameter-text.ts';
import { runParameters } from '../../../src-shared/domain/run.ts';
import { defaultTask } from '../../../src-shared/domain/task.ts';
import { useRequest } from '../../api/query.ts';
import { FieldFrame } from '../../components/form/parameter-field.tsx';
import { ParameterForm, type ParameterFormProps } from '../../components/form/parameter-form.tsx';
import { formatBytes, formatCount } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { contentWords } from '../data/content.ts';
import classes from './config-form.module.css';
import { type Draft, defaultDraft, variantOf } from './draft.ts';
import { changeDraft, setField, useTrainForm } from './draft-store.ts';

interface ConfigFormProps {
  models: readonly ModelRecord[];
  datasets: readonly DatasetRecord[];
  catalog: Catalog | undefined;
  problems: ReadonlyMap<string, string>;
  targetOutcome: string;
}

/** The run in its cards: base and data, task (of texts), adapter, CoTo, optimization. */
export function ConfigForm({ models, datasets, catalog, problems, targetOutcome }: ConfigFormProps) {
  const { draft } = useTrainForm();
  const model = models.find((candidate) => candidate.id === draft['model']);
  const dataset = datasets.find((candidate) => candidate.id === draft['dataset']);
  const variant = variantOf(draft, catalog?.adapterVariants ?? []);
  const adapters = useRequest('adapters.list', {}).data ?? [];
  const seeds = adapters.filter(({ modelId }) => modelId === model?.id);
  const cotoOn = draft['coto'] === true;
  const form = (parameters: readonly ParameterSpec[], others: Partial<ParameterFormProps> = {}) => (
    <ParameterForm
      declaration={{ parameters }}
      card="guide/train"
      values={draft}
      onChange={changeDraft}
      problems={problems}
      {...others}
    />
  );
  return (
    <Stack gap={12}>
      <Panel title="Base and data">
        <Stack gap={8}>
          <div className={classes['records']}>
            <RecordField
              name="model"
              label="Model"
              help="The frozen base model. Add others on the Models page."
              records={models}
              problem={problems.get('model')}
              summary={
                model
                  ? `${formatCount(model.description.parameterCount)} parameters, ${model.description.layerCount} layers, ${formatBytes(model.description.sizeBytes)}`
                  : ''
              }
            />
            <RecordField
              name="dataset"
              label="Dataset"
              help="What to train and evaluate on. Add others on the Data page."
              records={datasets}
              problem={problems.get('dataset')}
              summary={
                dataset
                  ? `${contentWords(dataset.description)}, ${dataset.description.splits.map((split) => `${formatCount(split.exampleCount)} ${split.name}`).join(', ')}`
                  : ''
              }
            />
          </div>
          {form(groupOf('Data'))}
        </Stack>
      </Panel>

      {model?.description.text == null ? null : (
        <Panel title="Task" note={taskNote(draft, dataset, model)}>
          {form(groupOf('Task').filter((spec) => model.description.kind === 'causal-lm' || !spec.advanced))}
        </Panel>
      )}

      <Panel title="Adapter" note={variant?.summary}>
        <Stack gap={8}>
          <VariantField catalog={catalog} variant={variant} problem={problems.get('adapter.variant')} />
          {form([...parametersOfVariant(variant), ...adapterParameters], {
            card: variant?.card,
            suggestions: {
              'adapter.target_modules': moduleSuffixes(model),
              'adapter.init_adapter': seeds.map(({ id }) => id),
            },
            notes: {
              'adapter.target_modules': targetOutcome,
              'adapter.init_adapter': seeds.find(({ id }) => id === draft['adapter.init_adapter'])?.name,
            },
          })}
        </Stack>
      </Panel>

      <Panel
        title="CoTo"
        note={cotoOn ? scheduleNote(draft) : 'off: all adapters always active'}
        aside={
          <Switch
            aria-label="CoTo"
            checked={cotoOn}
            onChange={(event) => setField('coto', event.currentTarget.checked)}
          />
        }
      >
        {form(usedCotoParameters(draft), { card: 'methods/coto', disabled: !cotoOn })}
        <Text size="xs" c="dimmed" mt={8}>
          Helps merging and pruning and shortens training; single-task accuracy barely changes.
        </Text>
      </Panel>

      <Panel title="Optimization">
        {form(groupOf('Optimization'), { disabled: Number(draft['max_steps']) > 0 ? ['num_train_epochs'] : false })}
      </Panel>
    </Stack>
  );
}

/** What the chosen schedule does, in a few words. */
function scheduleNote(draft: Draft): string {
  const chosen = cotoSettingsSchema.shape.schedule.safeParse(draft['coto.schedule']);
  return chosen.success && chosen.data !== 'coto'
    ? `a control: ${schedules[chosen.data].declaration.label}`
    : 'progressive activation';
}

/** The settings that matter with the chosen schedule and curve. */
function usedCotoParameters(draft: Draft): ParameterSpec[] {
  const chosen = cotoSettingsSchema.pick({ schedule: true, curve: true }).safeParse({
    schedule: draft['coto.schedule'],
    curve: draft['coto.curve'],
  });
  if (!chosen.success) return [...cotoDeclaration.parameters];
  const used = new Set([...usedSettings(chosen.data)].map((name) => `coto.${name}`));
  return cotoDeclaration.parameters.filter(({ name }) => used.has(name));
}

function groupOf(group: string): ParameterSpec[] {
  return runParameters.filter((spec) => spec.group === group);
}

/** The variant's parameters by their names in a run: `adapter.r`. */
export function parametersOfVariant(variant: Declaration | undefined): ParameterSpec[] {
  return (variant?.parameters ?? []).map(({ when, ...spec }) => ({
    ...spec,
    name: `adapter.${spec.name}`,
    ...(when === undefined ? {} : { when: { ...when, name: `adapter.${when.name}` } }),
  }));
}

/** Last names of the linears that can carry an adapter, in the model's order; the head is left out as all-linear does. */
export function moduleSuffixes(model: ModelRecord | undefined): string[] {
  const names = (model?.description.linears ?? [])
    .filter((linear) => !linear.isHead)
    .map((linear) => linear.name.split('.').at(-1) ?? linear.name);
  return [...new Set(names)];
}

/** What `auto` comes to. */
function taskNote(draft: Draft, dataset: DatasetRecord | undefined, model: ModelRecord | undefined): string {
  const columns = dataset?.description.text?.columns;
  if (draft['task'] !== 'auto' || !columns || !model) return '';
  return `auto: ${defaultTask(model.description, columns)}`;
}

interface VariantFieldProps {
  catalog: Catalog | undefined;
  variant: Declaration | undefined;
  problem: string | undefined;
}

/** The kind of adapter. Values of parameters that another kind has too stay as they are. */
function VariantField({ catalog, variant, problem }: VariantFieldProps) {
  const source = variant?.paper ? ` Source: ${variant.paper.title}.` : '';
  return (
    <ChoiceField
      name="adapter.variant"
      label="Variant"
      help={variant ? `${variant.summary}${source}` : 'How the update of a linear layer is made.'}
      problem={problem}
      card={variant?.card}
      data={(catalog?.adapterVariants ?? []).map(({ id, label }) => ({ value: id, label }))}
    />
  );
}

interface RecordFieldProps {
  name: 'model' | 'dataset';
  label: string;
  help: string;
  records: readonly { id: string; name: string }[];
  problem: string | undefined;
  summary: string;
}

/** A choice among what the studio knows; a folder written in a YAML file stays choosable. */
function RecordField({ records, summary, ...field }: RecordFieldProps) {
  const data = records.map((record) => ({ value: record.id, label: record.name }));
  return (
    <ChoiceField
      {...field}
      data={data}
      searchable
      note={
        <Text size="xs" c="dimmed" truncate title={summary} mih={20}>
          {summary}
        </Text>
      }
    />
  );
}

interface ChoiceFieldProps {
  name: string;
  label: string;
  help: string;
  /** The document behind its "?". */
  card?: string | undefined;
  problem: string | undefined;
  data: readonly { value: string; label: string }[];
  searchable?: boolean;
  note?: ReactNode;
}

/** A field of the run whose choices are what the studio holds; a value of the draft that is none of them is one of its own. */
function ChoiceField({
  name,
  label,
  help,
  card = 'guide/train',
  problem,
  data,
  searchable = false,
  note,
}: ChoiceFieldProps) {
  const id = useId();
  const { draft } = useTrainForm();
  const value = textOfValue(draft[name]);
  const usual = textOfValue(defaultDraft[name]);
  const named = (one: string) => data.find((entry) => entry.value === one)?.label ?? one;
  const known = data.some((entry) => entry.value === value);
  return (
    <FieldFrame
      id={id}
      name={name}
      label={label}
      help={help}
      card={card}
      problem={problem}
      origin={value === usual ? 'default' : 'yours'}
      base={named(usual)}
      onReset={() => setField(name, usual)}
      note={note}
    >
      <Select
        id={id}
        data={known ? [...data] : [...data, { value, label: value }]}
        value={value}
        onChange={(next) => {
          if (next !== null) setField(name, next);
        }}
        allowDeselect={false}
        searchable={searchable}
        error={problem !== undefined}
      />
    </FieldFrame>
  );
}
