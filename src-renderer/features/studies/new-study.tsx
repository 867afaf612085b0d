import { Group, Text } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import { firstProblem } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import type { StudyKind } from '../../../src-shared/studies/define-study.ts';
import { useRequest } from '../../api/query.ts';
import { Select } from '../../components/form/choices.tsx';
import { CountInput } from '../../components/form/count-input.tsx';
import { ParameterForm } from '../../components/form/parameter-form.tsx';
import { HelpButton } from '../../components/help/help-button.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { studiesStrings } from '../../strings/studies.ts';
import { trainStrings } from '../../strings/train.ts';
import { useVariantNames } from '../runs/use-variant-names.ts';
import { useTrainForm, useVariants } from '../train/draft-store.ts';
import { FormMode, useSimpleForms } from '../train/form-mode.tsx';
import { AdapterChoice } from './adapter-choice.tsx';
import { compose } from './compose.ts';
import { GridRows } from './grid-rows.tsx';
import {
  hiddenSettings,
  isInSimple,
  needsFullStudy,
  type RunSource,
  recommendedRun,
  SourceFields,
} from './simple-study.tsx';
import classes from './studies.module.css';
import { studyAdapters } from './study-adapters.ts';
import { StudyDrawing } from './study-drawing.tsx';
import { StudyStart, useStartStudy } from './study-start.tsx';

const strings = studiesStrings.form;

/** Makes a study of one kind: what it is made of, what its kind declares, and what it will cost. */
export function NewStudy({ kind, onStarted }: { kind: StudyKind; onStarted: (study: StudyRecord) => void }) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [dataset, setDataset] = useState<string | null>(null);
  const [evalSamples, setEvalSamples] = useState(500);
  const [values, setValues] = useState<ParameterValues>({});
  const { data: catalog } = useRequest('app.catalog', {});
  const { data: adapters = [] } = useRequest('adapters.list', {});
  const source = useRunChoice();
  const { runs, variants, run } = source;
  const variantNames = useVariantNames();
  const create = useStartStudy(onStarted);
  const declaration = catalog?.studies.find(({ id }) => id === kind.declaration.id) ?? kind.declaration;
  const { parameters } = declaration;
  const fits = !needsFullStudy(parameters, values);
  const isSimple = useSimpleForms() && fits;
  const trains = kind.takes === 'run';
  const shown = adapters.filter(({ archived }) => !archived);
  const gridSpec = trains ? parameters.find(({ name }) => name === 'grid') : undefined;
  const composed = compose(kind, {
    dataset: trains ? null : dataset,
    eval_samples: evalSamples,
    adapters: studyAdapters(
      shown.filter(({ id }) => chosen.includes(id)),
      runs,
      variantNames,
    ),
    run,
    parameters: values,
  });
  const reason = firstProblem(parameters, values) ?? composed.reason;
  const asked = parameters.filter((one) => one !== gridSpec && (!isSimple || isInSimple(one.name)));
  const hidden = hiddenSettings(parameters, values, trains ? run : null, variants);
  return (
    <div className={classes['form']}>
      <div className={classes['main']}>
        <FormMode fits={fits} />
        <Panel title={declaration.label} aside={<HelpButton label={declaration.label} card={declaration.card} />}>
          <div className={classes['question']}>
            <StudyDrawing kind={kind.kind} />
            <Text size="sm">{studiesStrings.answer(kind.kind) ?? declaration.summary}</Text>
          </div>
        </Panel>
        {trains ? (
          <RunFields source={source} isSimple={isSimple} />
        ) : (
          <AdapterFields adapters={shown} chosen={chosen} onChange={setChosen} isSimple={isSimple}>
            <DatasetField dataset={dataset} onChange={setDataset} />
            {isSimple ? null : (
              <CountInput
                label={strings.examples}
                description={strings.examplesHelp}
                step={100}
                value={evalSamples}
                onChange={(count) => setEvalSamples(count ?? 0)}
              />
            )}
          </AdapterFields>
        )}
        {gridSpec === undefined ? null : (
          <GridRows
            key={source.runId}
            title={isSimple ? strings.compared : strings.grid}
            run={run}
            text={String(values['grid'] ?? gridSpec.default)}
            onChange={(grid) => setValues((now) => ({ ...now, grid }))}
          />
        )}
        {asked.length > 0 ? (
          <Panel title={isSimple ? strings.seedsOnly : strings.settings}>
            <ParameterForm
              declaration={{ ...declaration, parameters: asked }}
              values={values}
              onChange={setValues}
              error={create.error}
              showHelp={isSimple ? 'button' : 'below'}
            />
          </Panel>
        ) : null}
        {isSimple ? (
          <Text size="xs" c="dimmed">
            {trainStrings.simple.recommended([
              ...hidden.recommended,
              ...(trains ? [] : [strings.examplesLeft(evalSamples)]),
            ])}
            {hidden.changed.length === 0 ? null : ` ${trainStrings.simple.changed(hidden.changed)}`}
          </Text>
        ) : null}
      </div>
      <StudyStart config={reason === null ? composed.config : null} reason={reason} create={create} />
    </div>
  );
}

/** Run that a study varies: an existing one, or the recommended one of a base and data, at first those of Train. */
function useRunChoice() {
  const { draft } = useTrainForm();
  const [runId, setRunId] = useState<string | null>(null);
  const [own, setOwn] = useState<RunSource>({
    model: String(draft['model']),
    dataset: String(draft['dataset']),
  });
  const variants = useVariants();
  const { data: runs = [] } = useRequest('runs.list', { archived: false });
  const { data: models = [] } = useRequest('models.list', {});
  const { data: datasets = [] } = useRequest('datasets.list', {});
  const found = runs.find(({ id }) => id === runId);
  return {
    ...{ runs, models, datasets, variants, runId, setRunId, own, found },
    run: found?.config ?? recommendedRun(own, variants),
    /** Chooses the recommended run of a base and data. */
    setOwn: (source: RunSource) => {
      setOwn(source);
      setRunId(null);
    },
  };
}

/** Stands for the recommended run in the list of runs. */
const recommendedId = '';

function RunFields({ source, isSimple }: { source: ReturnType<typeof useRunChoice>; isSimple: boolean }) {
  const { runs, models, datasets, runId, setRunId, own, setOwn, found } = source;
  const nameIn = (items: readonly { id: string; name: string }[], id: string) =>
    items.find((one) => one.id === id)?.name ?? id;
  if (isSimple)
    return (
      <>
        <SourceFields source={found?.config ?? own} models={models} datasets={datasets} onChange={setOwn} />
        {found === undefined ? null : (
          <Text size="xs" c="dimmed">
            {strings.fromRun(found.name)}
          </Text>
        )}
      </>
    );
  return (
    <Panel title={strings.run} note={strings.runHelp}>
      <Select
        aria-label={strings.run}
        searchable
        allowDeselect={false}
        data={[
          {
            value: recommendedId,
            label: strings.recommendedRun(nameIn(models, own.model), nameIn(datasets, own.dataset)),
          },
          ...runs.map((run) => ({ value: run.id, label: run.name })),
        ]}
        value={runId ?? recommendedId}
        onChange={(id) => setRunId(id === recommendedId ? null : id)}
      />
    </Panel>
  );
}

interface AdapterFieldsProps {
  adapters: readonly AdapterRecord[];
  chosen: readonly string[];
  onChange: (ids: readonly string[]) => void;
  isSimple: boolean;
  /** Fields of the data that the adapters are scored on. */
  children: ReactNode;
}

/** Adapters of a study and what they are scored on; the simple form asks for base and data first. */
function AdapterFields({ adapters, chosen, onChange, isSimple, children }: AdapterFieldsProps) {
  const { data: models = [] } = useRequest('models.list', {});
  const [base, setBase] = useState<string | null>(null);
  const ofBase = isSimple && base !== null ? adapters.filter(({ modelId }) => modelId === base) : adapters;
  const choose = (next: string | null) => {
    setBase(next);
    if (next !== null) onChange(chosen.filter((id) => adapters.some((one) => one.id === id && one.modelId === next)));
  };
  const choice = (
    <AdapterChoice
      adapters={ofBase}
      chosen={chosen}
      onChange={onChange}
      words={{ note: strings.adaptersNote, label: strings.adaptersLabel, none: strings.noAdapters }}
    />
  );
  if (!isSimple)
    return (
      <>
        {choice}
        <Panel title={strings.scoring}>
          <Group gap={12} grow align="start">
            {children}
          </Group>
        </Panel>
      </>
    );
  const bases = models.filter(({ id }) => adapters.some(({ modelId }) => modelId === id));
  return (
    <>
      <Panel title={strings.source}>
        <Group gap={12} grow align="start">
          <Select
            label={strings.base}
            data={bases.map(({ id, name }) => ({ value: id, label: name }))}
            value={base}
            onChange={choose}
            clearable
            placeholder={strings.anyBase}
          />
          {children}
        </Group>
      </Panel>
      {choice}
    </>
  );
}

function DatasetField({ dataset, onChange }: { dataset: string | null; onChange: (id: string | null) => void }) {
  const { data: datasets = [] } = useRequest('datasets.list', {});
  return (
    <Select
      label={strings.dataset}
      data={datasets.map(({ id, name: label }) => ({ value: id, label }))}
      value={dataset}
      onChange={onChange}
      clearable
      placeholder={strings.datasetEmpty}
    />
  );
}
