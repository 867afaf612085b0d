import { Group } from '@mantine/core';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { Declaration, ParameterSpec, ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { checkParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { textOfValue } from '../../../src-shared/domain/parameters/parameter-text.ts';
import { isInUse } from '../../../src-shared/domain/parameters/parameter-values.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import { useRequest } from '../../api/query.ts';
import { Select } from '../../components/form/choices.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { studiesStrings } from '../../strings/studies.ts';
import { checkDraft, type Draft, defaultDraft, defaultsOf, draftOf } from '../train/draft.ts';
import { otherSettings } from '../train/simple-form.tsx';

const strings = studiesStrings.form;

/** Base and data of the runs of a study. */
export interface RunSource {
  readonly model: string;
  readonly dataset: string;
}

/** The recommended run of a base and data: the defaults of Train. Null: they are no valid run. */
export function recommendedRun({ model, dataset }: RunSource, variants: readonly Declaration[]): RunConfig | null {
  return checkDraft({ ...defaultDraft, model, dataset }, variants).config;
}

/** Returns true if a parameter that the simple form leaves out is wrong. */
export function needsFullStudy(specs: readonly ParameterSpec[], values: ParameterValues): boolean {
  return [...checkParameters(specs, values).keys()].some((name) => !isInSimple(name));
}

/** Returns true for parameters that the simple form of a study asks. */
export function isInSimple(name: string): boolean {
  return name === 'grid' || name === 'seeds';
}

interface SourceFieldsProps {
  source: RunSource;
  models: readonly ModelRecord[];
  datasets: readonly DatasetRecord[];
  onChange: (source: RunSource) => void;
}

/** Base and data of a study that trains its adapters. Data that the base cannot learn are disabled. */
export function SourceFields({ source, models, datasets, onChange }: SourceFieldsProps) {
  const isKnown = models.some(({ id }) => id === source.model);
  const fits = useRequest('models.fits', { id: source.model }, { enabled: isKnown }).data?.datasets;
  const reasonOf = (id: string) => fits?.find((fit) => fit.id === id)?.reason ?? null;
  return (
    <Panel title={strings.source}>
      <Group gap={12} grow align="start">
        <Select
          label={strings.base}
          searchable
          allowDeselect={false}
          data={models.map(({ id, name }) => ({ value: id, label: name }))}
          value={source.model}
          onChange={(model) => model !== null && onChange({ ...source, model })}
        />
        <Select
          label={strings.dataset}
          searchable
          allowDeselect={false}
          data={datasets.map(({ id, name }) => ({
            value: id,
            label: name,
            disabled: reasonOf(id) !== null && id !== source.dataset,
          }))}
          value={source.dataset}
          error={reasonOf(source.dataset)}
          onChange={(dataset) => dataset !== null && onChange({ ...source, dataset })}
        />
      </Group>
    </Panel>
  );
}

interface HiddenSettings {
  readonly recommended: readonly string[];
  readonly changed: readonly string[];
}

/** Settings that the simple form leaves out, of the study and of its run. */
export function hiddenSettings(
  specs: readonly ParameterSpec[],
  values: ParameterValues,
  run: RunConfig | null,
  variants: readonly Declaration[],
): HiddenSettings {
  const draft: Draft | null = run === null ? null : draftOf(run);
  const ofRun =
    draft === null ? { recommended: [], changed: [] } : otherSettings(draft, defaultsOf(draft, variants), variants);
  const valueIn = ({ name, default: usual }: ParameterSpec) => values[name] ?? usual;
  // Settings that are off or zero by default would only lengthen the line.
  const own = specs.filter(
    (spec) =>
      !isInSimple(spec.name) && spec.advanced !== true && Boolean(spec.default) && isInUse(spec, specs, valueIn),
  );
  const isChanged = ({ name, default: usual }: ParameterSpec) =>
    values[name] !== undefined && textOfValue(values[name]) !== textOfValue(usual);
  const shown = own.filter((spec) => !isChanged(spec) && textOfValue(spec.default) !== '');
  return {
    recommended: [...ofRun.recommended, ...shown.map((spec) => wordsOf(spec, spec.default))],
    changed: [
      ...ofRun.changed,
      ...specs
        .filter((spec) => !isInSimple(spec.name) && isChanged(spec))
        .map((spec) => wordsOf(spec, values[spec.name])),
    ],
  };
}

function wordsOf({ label, choices, empty }: ParameterSpec, value: unknown): string {
  const text = textOfValue(value);
  return `${label} ${choices?.find((choice) => choice.value === text)?.label ?? (text === '' ? (empty ?? 'none') : text)}`;
}
