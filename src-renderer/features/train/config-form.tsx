import { Select, Stack, Switch, Text } from '@mantine/core';
import { useId } from 'react';
import type { Catalog } from '../../../src-shared/domain/catalog.ts';
import type { DatasetRecord } from '../../../src-shared/domain/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/model.ts';
import { defaultTask } from '../../../src-shared/domain/task.ts';
import { formatBytes, formatCount } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { contentWords } from '../data/content.ts';
import classes from './config-field.module.css';
import { ConfigField, FieldFrame } from './config-field.tsx';
import type { Draft } from './draft.ts';
import { setField, useTrainForm } from './draft-store.ts';
import { parameterField } from './fields.ts';
import { MoreFields } from './more-fields.tsx';
import { TargetModulesField } from './target-modules-field.tsx';

interface ConfigFormProps {
  models: readonly ModelRecord[];
  datasets: readonly DatasetRecord[];
  catalog: Catalog | undefined;
  problems: ReadonlyMap<string, string>;
  targetOutcome: string;
}

const adapterExtras = ['adapter.layers_to_transform', 'adapter.exclude_modules', 'adapter.modules_to_save'];

/** How a language model is shown its texts. */
const writingFields = ['prompt_template', 'chat_template', 'completion_only_loss', 'packing', 'length_normalized'];

const optimizationExtras = [
  'per_device_eval_batch_size',
  'gradient_checkpointing',
  'weight_decay',
  'max_grad_norm',
  'adam_beta1',
  'adam_beta2',
  'adam_epsilon',
  'optim',
  'logging_steps',
  'save_steps',
  'load_best_model_at_end',
  'compute_backend',
  'compute_dtype',
];

/** The run in four cards: base and data, adapter, CoTo, optimization. */
export function ConfigForm({ models, datasets, catalog, problems, targetOutcome }: ConfigFormProps) {
  const { draft } = useTrainForm();
  const model = models.find((candidate) => candidate.id === draft['model']);
  const dataset = datasets.find((candidate) => candidate.id === draft['dataset']);
  const variant = catalog?.adapterVariants.find((candidate) => candidate.id === draft['adapter.variant']);
  const parameters = variant?.parameters ?? [];
  const parameterFields = (advanced: boolean) =>
    parameters.filter((spec) => (spec.advanced ?? false) === advanced).map(parameterField);
  const cotoOn = draft['coto'] === true;
  const readsText = model?.description.text != null;
  const writes = model?.description.kind === 'causal-lm';
  const fields = (names: readonly string[], disabled = false) =>
    names.map((name) => <ConfigField key={name} name={name} problems={problems} disabled={disabled} />);
  return (
    <Stack gap={12}>
      <Panel title="Base and data">
        <div className={classes['form']}>
          <RecordField
            name="model"
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
            help="What it is trained and tested on. Add others on the Data page."
            records={datasets}
            problem={problems.get('dataset')}
            summary={
              dataset
                ? `${contentWords(dataset.description)}, ${dataset.description.splits.map((split) => `${formatCount(split.exampleCount)} ${split.name}`).join(', ')}`
                : ''
            }
          />
          {fields(['train_samples_per_class', 'eval_samples', 'data_seed', 'seed'])}
        </div>
      </Panel>

      {readsText ? (
        <Panel title="Task" note={taskNote(draft, dataset, model)}>
          <div className={classes['form']}>{fields(['task', 'max_length'])}</div>
          {writes ? (
            <MoreFields names={writingFields} problems={problems}>
              <ConfigField name="prompt_template" problems={problems} wide />
              {fields(writingFields.filter((name) => name !== 'prompt_template'))}
            </MoreFields>
          ) : null}
        </Panel>
      ) : null}

      <Panel title="Adapter" note={variant?.summary}>
        <div className={classes['form']}>
          <FieldFrame
            name="adapter.variant"
            help={
              variant?.paper
                ? `${variant.summary} Source: ${variant.paper.title}.`
                : 'How the update of a linear is made.'
            }
            problem={problems.get('adapter.variant')}
          >
            <Select
              aria-label="variant"
              data={(catalog?.adapterVariants ?? []).map(({ id, label }) => ({ value: id, label }))}
              value={String(draft['adapter.variant'])}
              onChange={(value) => setField('adapter.variant', value)}
              allowDeselect={false}
            />
          </FieldFrame>
          {parameterFields(false).map((spec) => (
            <ConfigField key={spec.name} name={spec.name} spec={spec} problems={problems} />
          ))}
          <TargetModulesField model={model} problem={problems.get('adapter.target_modules')} outcome={targetOutcome} />
        </div>
        <MoreFields names={[...parameterFields(true).map(({ name }) => name), ...adapterExtras]} problems={problems}>
          {parameterFields(true).map((spec) => (
            <ConfigField key={spec.name} name={spec.name} spec={spec} problems={problems} />
          ))}
          {fields(adapterExtras)}
        </MoreFields>
      </Panel>

      <Panel
        title="CoTo"
        note={cotoOn ? 'adapters come together step by step' : 'off: every adapter is on in every step'}
        aside={
          <Switch
            aria-label="CoTo"
            checked={cotoOn}
            onChange={(event) => setField('coto', event.currentTarget.checked)}
          />
        }
      >
        <div className={classes['form']}>
          {fields(['coto.initial_p', 'coto.final_p', 'coto.stage1_ratio', 'coto.granularity', 'coto.curve'], !cotoOn)}
        </div>
        <Text size="xs" c="dimmed" mt={8}>
          Expect large gains in merging and pruning and a shorter run; on one task alone little or nothing.
        </Text>
      </Panel>

      <Panel title="Optimization">
        <div className={classes['form']}>
          {fields([
            'learning_rate',
            'lr_scheduler_type',
            'warmup_steps',
            'max_steps',
            'per_device_train_batch_size',
            'gradient_accumulation_steps',
            'eval_steps',
          ])}
          <ConfigField name="num_train_epochs" problems={problems} disabled={Number(draft['max_steps']) > 0} />
        </div>
        <MoreFields names={optimizationExtras} problems={problems}>
          {fields(optimizationExtras)}
        </MoreFields>
      </Panel>
    </Stack>
  );
}

/** What `auto` comes to. */
function taskNote(draft: Draft, dataset: DatasetRecord | undefined, model: ModelRecord | undefined): string {
  const columns = dataset?.description.text?.columns;
  if (draft['task'] !== 'auto' || !columns || !model) return '';
  return `auto: ${defaultTask(model.description, columns)}`;
}

interface RecordFieldProps {
  name: 'model' | 'dataset';
  help: string;
  records: readonly { id: string; name: string }[];
  problem: string | undefined;
  summary: string;
}

/** A choice among what the studio knows; a folder written in a YAML file stays choosable. */
function RecordField({ name, help, records, problem, summary }: RecordFieldProps) {
  const id = useId();
  const { draft } = useTrainForm();
  const value = String(draft[name]);
  const data = records.map((record) => ({ value: record.id, label: record.name }));
  if (!data.some((entry) => entry.value === value)) data.push({ value, label: value });
  return (
    <FieldFrame name={name} help={help} problem={problem} id={id}>
      <Select
        id={id}
        data={data}
        value={value}
        onChange={(next) => setField(name, next)}
        allowDeselect={false}
        searchable
        error={problem !== undefined}
      />
      <Text size="xs" c="dimmed" truncate title={summary} mih={20}>
        {summary}
      </Text>
    </FieldFrame>
  );
}
