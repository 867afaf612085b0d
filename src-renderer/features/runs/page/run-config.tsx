import { Code, Skeleton, Table, Text } from '@mantine/core';
import { useState } from 'react';
import { adapterParameters } from '../../../../src-shared/domain/adapters/adapter.ts';
import type { DatasetDescription } from '../../../../src-shared/domain/data/dataset.ts';
import type { ModelDescription } from '../../../../src-shared/domain/models/model.ts';
import type { Declaration, ParameterSpec } from '../../../../src-shared/domain/parameters/parameter.ts';
import { textOfValue } from '../../../../src-shared/domain/parameters/parameter-text.ts';
import { cotoDeclaration } from '../../../../src-shared/domain/runs/coto.ts';
import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import { type RunRecord, runParameters } from '../../../../src-shared/domain/runs/run.ts';
import { defaultTask } from '../../../../src-shared/domain/runs/task.ts';
import { useRequest } from '../../../api/query.ts';
import { ErrorNote } from '../../../components/feedback/error-note.tsx';
import type { Origin } from '../../../components/form/parameter-origin.ts';
import { Segments } from '../../../components/form/segments.tsx';
import { CopyButton } from '../../../components/format/copy-button.tsx';
import { Panel } from '../../../components/layout/panel.tsx';
import { appStrings } from '../../../strings/app.ts';
import { runStrings } from '../../../strings/run.ts';
import { type Draft, defaultsOf, differs, draftOf, variantOf } from '../../train/draft.ts';
import { presets } from '../../train/presets/index.ts';
import type { Preset } from '../../train/presets/preset.ts';
import { parametersOfVariant } from '../../train/run-fields.ts';
import { ImportedSettings } from './imported-facts.tsx';

const words = runStrings.config;

/** The run's settings: those that differ from their defaults as the YAML that `coto train` reads, or all of them. */
export function RunConfigPanel({ run }: { run: RunRecord }) {
  const [shown, setShown] = useState<'changed' | 'all'>('changed');
  if (run.origin) return <ImportedSettings origin={run.origin} />;
  return (
    <Panel
      title={words.title}
      note={shown === 'changed' ? words.changedNote : words.allNote}
      flush={shown === 'all'}
      aside={
        <Segments
          aria-label={words.show}
          value={shown}
          onChange={(value) => setShown(value === 'all' ? 'all' : 'changed')}
          data={[
            { value: 'changed', label: words.changed },
            { value: 'all', label: words.all },
          ]}
        />
      }
    >
      {shown === 'changed' ? <ChangedSettings run={run} /> : <AllSettings run={run} />}
    </Panel>
  );
}

function ChangedSettings({ run }: { run: RunRecord }) {
  const { data, error } = useRequest('runs.estimate', { config: run.config });
  if (error) return <ErrorNote error={error} />;
  if (!data) return <Skeleton h={200} />;
  return (
    <div style={{ position: 'relative' }}>
      <div style={{ position: 'absolute', top: 8, right: 8 }}>
        <CopyButton text={data.yaml} label={words.copy} />
      </div>
      <Code block>{data.yaml}</Code>
    </div>
  );
}

/** One setting as it was used. */
export interface SettingRow {
  readonly name: string;
  readonly label: string;
  readonly value: string;
  readonly usual: string;
  readonly isChanged: boolean;
  /** Origin of the value used. */
  readonly origin: Origin;
}

function AllSettings({ run }: { run: RunRecord }) {
  const { data: catalog } = useRequest('app.catalog', {});
  // Either may be gone: the rest of the table needs neither.
  const { data: model } = useRequest('models.get', { id: run.modelId });
  const { data: dataset } = useRequest('datasets.get', { id: run.datasetId });
  const preset = catalog && presetOf(draftOf(run.config), model?.description, catalog.adapterVariants);
  if (!catalog) return <Skeleton h={200} m={12} />;
  return (
    <Table aria-label={words.title} verticalSpacing={4} horizontalSpacing={12}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{words.setting}</Table.Th>
          <Table.Th>{words.value}</Table.Th>
          <Table.Th>{words.origin}</Table.Th>
          <Table.Th>{words.default}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {settingRows(run, catalog.adapterVariants, model?.description, dataset?.description).map((row) => (
          <SettingLine key={row.name} row={row} preset={preset?.preset.label ?? null} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function SettingLine({ row, preset }: { row: SettingRow; preset: string | null }) {
  const { name, label, value, usual, isChanged, origin } = row;
  return (
    <Table.Tr>
      <Table.Td>
        {label}{' '}
        <Text span size="xs" c="dimmed" ff="monospace">
          {name}
        </Text>
      </Table.Td>
      <Table.Td fw={isChanged ? 600 : 400} style={{ overflowWrap: 'anywhere' }}>
        {value}
      </Table.Td>
      <Table.Td c="dimmed" title={appStrings.originHelp[origin]} data-origin={origin}>
        {origin === 'preset' && preset !== null ? words.ofPreset(preset) : words.origins[origin]}
      </Table.Td>
      <Table.Td c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {usual}
      </Table.Td>
    </Table.Tr>
  );
}

/** Every setting of a run, with `auto` and the like resolved, by the names of its YAML. */
export function settingRows(
  { config, modelId, datasetId, facts }: Pick<RunRecord, 'config' | 'modelId' | 'datasetId' | 'facts'>,
  variants: Parameters<typeof defaultsOf>[1],
  model?: ModelDescription,
  dataset?: DatasetDescription,
): SettingRow[] {
  const draft = draftOf(config);
  const defaults = defaultsOf(draft, variants);
  const variant = variantOf(draft, variants);
  const specs: readonly ParameterSpec[] = [
    ...runParameters(),
    ...parametersOfVariant(variant),
    ...adapterParameters(),
    ...(config.coto === null ? [] : cotoDeclaration.parameters),
  ];
  const resolved = new Map<string, string>(
    facts === null
      ? []
      : [
          ['max_steps', String(facts.totalSteps)],
          ['compute_backend', facts.backend],
          ['compute_dtype', facts.computeDtype],
        ],
  );
  const ofModel = model === undefined ? new Map<string, string>() : valuesOfModel(config, model, dataset);
  const preset = presetOf(draft, model, variants);
  const originOf = (name: string): Origin => {
    if (ofModel.has(name)) return 'model';
    if (!differs(draft, name, defaults)) return 'default';
    return preset !== null && Object.hasOwn(preset.settings, name) ? 'preset' : 'yours';
  };
  const rows = specs.map((spec): SettingRow => {
    const value = textOf(spec, draft[spec.name]);
    const used = resolved.get(spec.name) ?? ofModel.get(spec.name);
    return {
      name: spec.name,
      label: spec.label,
      value: used === undefined || used === value ? value : `${value} → ${used}`,
      usual: textOf(spec, defaults[spec.name]),
      isChanged: differs(draft, spec.name, defaults),
      origin: originOf(spec.name),
    };
  });
  const fixed = (name: string, label: string, value: string, origin: Origin = 'yours'): SettingRow => ({
    ...{ name, label, value, origin },
    usual: '',
    isChanged: false,
  });
  const size = model === undefined ? null : imageSize(model);
  return [
    fixed('model', 'Base', modelId),
    fixed('dataset', 'Data', datasetId),
    ...(size === null ? [] : [fixed('image_size', words.imageSize, size, 'model')]),
    fixed('adapter.variant', 'Variant', variant?.label ?? config.adapter.variant, originOf('adapter.variant')),
    fixed('coto', 'CoTo', config.coto === null ? 'off' : 'on', originOf('coto')),
    ...rows,
  ];
}

function textOf(spec: ParameterSpec, value: unknown): string {
  if (value === null || value === undefined || value === '') return spec.empty ?? '–';
  const choice = spec.choices?.find((one) => one.value === value);
  return choice === undefined ? textOfValue(value) : choice.label;
}

/**
 * Returns the values that the base and the data determine, by setting: modules for all-linear, the task for auto, a
 * limited length.
 */
function valuesOfModel(
  config: RunConfig,
  model: Pick<ModelDescription, 'kind' | 'image' | 'text' | 'linears'>,
  dataset: Pick<DatasetDescription, 'text'> | undefined,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  if (config.adapter.target_modules === 'all-linear') {
    const targets = model.linears.filter(
      ({ isHead, kind, expert }) => !isHead && kind === 'linear' && expert === undefined,
    );
    values.set('adapter.target_modules', [...new Set(targets.map(({ name }) => lastName(name)))].join(', '));
  }
  if (model.text !== null && config.max_length > model.text.maxPositions)
    values.set('max_length', String(model.text.maxPositions));
  if (config.task === 'auto' && dataset !== undefined)
    values.set('task', defaultTask(model, dataset.text?.columns ?? null));
  return values;
}

function lastName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The size that the base reads images in; null where it reads none. */
function imageSize({ image }: Pick<ModelDescription, 'image'>): string | null {
  return image === null ? null : `${image.height} × ${image.width}, ${image.channels === 1 ? 'gray' : 'RGB'}`;
}

/**
 * The preset that a run follows: every value that the preset sets is the run's, and one of them at least is not the
 * default. If several match, the one that sets most values counts; null if the run follows none.
 */
function presetOf(
  draft: Draft,
  model: Pick<ModelDescription, 'image' | 'linears'> | undefined,
  variants: readonly Declaration[],
): { readonly preset: Preset; readonly settings: Draft } | null {
  const defaults = defaultsOf(draft, variants);
  const followed = presets
    .map((preset) => ({ preset, settings: preset.settings(model) }))
    .filter(({ settings }) => {
      const names = Object.keys(settings);
      const isSame = (name: string) => JSON.stringify(draft[name]) === JSON.stringify(settings[name]);
      return names.every(isSame) && names.some((name) => differs(draft, name, defaults));
    });
  const most = (one: { settings: Draft }) => Object.keys(one.settings).length;
  return followed.sort((one, other) => most(other) - most(one))[0] ?? null;
}
