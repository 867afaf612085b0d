import { Stack, Switch, Text } from '@mantine/core';
import { useId } from 'react';
import { schedules } from '../../../src-shared/coto/schedules/index.ts';
import { adapterParameters } from '../../../src-shared/domain/adapters/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/app/catalog.ts';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import { comparesWithTexts, type ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { Declaration, ParameterSpec } from '../../../src-shared/domain/parameters/parameter.ts';
import { cotoDeclaration, cotoSettingsSchema, usedSettings } from '../../../src-shared/domain/runs/coto.ts';
import { runParameters } from '../../../src-shared/domain/runs/run.ts';
import { taskDeclaration } from '../../../src-shared/tasks/index.ts';
import { useRequest } from '../../api/query.ts';
import { Select } from '../../components/form/choices.tsx';
import { FieldFrame } from '../../components/form/parameter-field.tsx';
import { ParameterForm, type ParameterFormProps } from '../../components/form/parameter-form.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { trainStrings } from '../../strings/train.ts';
import { ClassTemplatesField } from './class-templates-field.tsx';
import { ClipTowersField } from './clip-towers-field.tsx';
import { type Draft, variantOf } from './draft.ts';
import { changeDraft, setField, useTrainForm } from './draft-store.ts';
import { fieldsInUse, taskOf } from './fields-in-use.ts';
import { presetBases } from './preset-changes.ts';
import { parametersOfVariant } from './run-fields.ts';
import { TemplateField } from './template-field.tsx';
import { useRunField } from './use-run-field.ts';

const templateName = 'chat_template';
const classTemplatesName = 'class_templates';
const expertsName = 'adapter.target_parameters';

interface ConfigFormProps {
  models: readonly ModelRecord[];
  datasets: readonly DatasetRecord[];
  catalog: Catalog | undefined;
  problems: ReadonlyMap<string, string>;
  targetOutcome: string;
}

/** The recipe of the run in its cards: data, task (of texts), adapter, CoTo, optimization. */
export function ConfigForm({ models, datasets, catalog, problems, targetOutcome }: ConfigFormProps) {
  const { draft, preset } = useTrainForm();
  const model = models.find((candidate) => candidate.id === draft['model']);
  const dataset = datasets.find((candidate) => candidate.id === draft['dataset']);
  const variant = variantOf(draft, catalog?.adapterVariants ?? []);
  const adapters = useRequest('adapters.list', {}).data ?? [];
  const readsText = model !== undefined && model.description.text !== null;
  const tokens = useRequest('models.tokens', { id: model?.id ?? '' }, { enabled: readsText }).data ?? [];
  const seeds = adapters.filter(({ modelId }) => modelId === model?.id);
  const cotoOn = draft['coto'] === true;
  const task = taskOf(draft, model?.description, dataset?.description);
  const bases = presetBases(preset);
  const inUse = (group: string) =>
    fieldsInUse(
      runParameters().filter((spec) => spec.group === group),
      draft,
      task,
      dataset?.description,
    );
  const form = (parameters: readonly ParameterSpec[], others: Partial<ParameterFormProps> = {}) => (
    <ParameterForm
      declaration={{ parameters }}
      card="guide/train"
      values={draft}
      onChange={changeDraft}
      problems={problems}
      bases={bases}
      {...others}
    />
  );
  const experts = expertParameters(model);
  // A model without experts has nothing to choose; a value that is set stays visible.
  const isOffered = (name: string) =>
    name !== expertsName || model === undefined || experts.length > 0 || draft[expertsName] != null;
  const taskFields = inUse('Task');
  const isAsked = (name: string) => taskFields.some((spec) => spec.name === name);
  return (
    <Stack gap={12}>
      <Panel title="Data">{form(inUse('Data'))}</Panel>

      {model?.description.text == null ? null : (
        <Panel
          title="Task"
          note={
            draft['task'] === 'auto' && task !== null && dataset?.description.text
              ? trainStrings.autoTask(taskDeclaration(task).label)
              : ''
          }
        >
          <Stack gap={8}>
            {isAsked(templateName) ? (
              <TemplateField model={model} dataset={dataset} problem={problems.get(templateName)} />
            ) : null}
            {isAsked(classTemplatesName) ? (
              <ClassTemplatesField
                labels={dataset?.description.labels ?? []}
                problem={problems.get(classTemplatesName)}
              />
            ) : null}
            {form(taskFields.filter(({ name }) => name !== templateName && name !== classTemplatesName))}
          </Stack>
        </Panel>
      )}

      <Panel title="Adapter">
        <Stack gap={8}>
          <VariantField catalog={catalog} variant={variant} problem={problems.get('adapter.variant')} />
          {model !== undefined && comparesWithTexts(model.description) ? <ClipTowersField /> : null}
          {form([...parametersOfVariant(variant), ...adapterParameters().filter(({ name }) => isOffered(name))], {
            card: variant?.card,
            suggestions: {
              'adapter.target_modules': moduleSuffixes(model),
              [expertsName]: experts,
              'adapter.init_adapter': seeds.map(({ id }) => id),
              'adapter.trainable_token_indices': tokens.map(({ content }) => content),
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
        note={cotoOn ? scheduleNote(draft) : trainStrings.cotoOff}
        aside={
          <Switch
            aria-label="CoTo"
            checked={cotoOn}
            onChange={(event) => setField('coto', event.currentTarget.checked)}
          />
        }
      >
        {form(usedCotoParameters(draft), { card: 'methods/coto', disabled: !cotoOn })}
        <Text size="xs" c="dimmed">
          {trainStrings.cotoHelp}
        </Text>
      </Panel>

      <Panel title="Optimization">
        {form(inUse('Optimization'), { disabled: Number(draft['max_steps']) > 0 ? ['num_train_epochs'] : false })}
      </Panel>
    </Stack>
  );
}

/** Summarizes the chosen schedule in a few words. */
function scheduleNote(draft: Draft): string {
  const chosen = cotoSettingsSchema.shape.schedule.safeParse(draft['coto.schedule']);
  return chosen.success && chosen.data !== 'coto'
    ? trainStrings.control(schedules[chosen.data].declaration.label)
    : trainStrings.progressive;
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

/** Last names of the linears that can carry an adapter, in the model's order; the head is left out as all-linear does. */
export function moduleSuffixes(model: ModelRecord | undefined): string[] {
  const names = (model?.description.linears ?? [])
    .filter((linear) => !linear.isHead && linear.expert === undefined)
    .map((linear) => linear.name.split('.').at(-1) ?? linear.name);
  return [...new Set(names)];
}

/** Parameters of a mixture's experts, by the ends of their names that are the same in every layer. */
function expertParameters(model: ModelRecord | undefined): string[] {
  const names = (model?.description.linears ?? []).flatMap(({ expert }) => expert?.parameter ?? []);
  return [...new Set(names.map((name) => name.replace(/^.*\.\d+\./, '')))];
}

interface VariantFieldProps {
  catalog: Catalog | undefined;
  variant: Declaration | undefined;
  problem: string | undefined;
}

/**
 * The kind of adapter; one that is in no catalog is shown by its id. Values of parameters that another kind has too stay as
 * they are.
 */
function VariantField({ catalog, variant, problem }: VariantFieldProps) {
  const id = useId();
  const { value, frame } = useRunField('adapter.variant');
  const data = (catalog?.adapterVariants ?? []).map((one) => ({ value: one.id, label: one.label }));
  const known = data.some((entry) => entry.value === value);
  const source = variant?.paper ? ` Source: ${variant.paper.title}.` : '';
  return (
    <FieldFrame
      id={id}
      {...frame}
      label="Variant"
      help={`How the update of a linear layer is made.${source}`}
      card={variant?.card ?? 'guide/train'}
      problem={problem}
      base={data.find((entry) => entry.value === frame.base)?.label ?? frame.base}
      note={variant?.summary}
    >
      <Select
        id={id}
        data={known ? data : [...data, { value, label: value }]}
        value={value}
        onChange={(next) => {
          if (next !== null) setField(frame.name, next);
        }}
        allowDeselect={false}
        searchable
        error={problem !== undefined}
      />
    </FieldFrame>
  );
}
