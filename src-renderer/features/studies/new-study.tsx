import { Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
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
import { useVariantNames } from '../runs/use-variant-names.ts';
import { AdapterChoice } from './adapter-choice.tsx';
import { compose } from './compose.ts';
import { GridRows } from './grid-rows.tsx';
import classes from './studies.module.css';
import { studyAdapters } from './study-adapters.ts';
import { StudyDrawing } from './study-drawing.tsx';
import { StudyStart, useStartStudy } from './study-start.tsx';

const strings = studiesStrings.form;

/** Makes a study of one kind: what it is made of, what its kind declares, and what it will cost. */
export function NewStudy({ kind, onStarted }: { kind: StudyKind; onStarted: (study: StudyRecord) => void }) {
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const [runId, setRunId] = useState<string | null>(null);
  const [dataset, setDataset] = useState<string | null>(null);
  const [evalSamples, setEvalSamples] = useState(500);
  const [values, setValues] = useState<ParameterValues>({});
  const { data: catalog } = useRequest('app.catalog', {});
  const { data: adapters } = useRequest('adapters.list', {});
  const { data: datasets } = useRequest('datasets.list', {});
  const { data: runs = [] } = useRequest('runs.list', { archived: false });
  const variants = useVariantNames();
  const create = useStartStudy(onStarted);
  const declaration = catalog?.studies.find(({ id }) => id === kind.declaration.id) ?? kind.declaration;
  const shown = (adapters ?? []).filter(({ archived }) => !archived);
  const selected = shown.filter(({ id }) => chosen.includes(id));
  const chosenRun = runs.find(({ id }) => id === runId)?.config ?? null;
  const gridSpec = kind.takes === 'run' ? declaration.parameters.find(({ name }) => name === 'grid') : undefined;
  const composed = compose(kind, {
    dataset: kind.takes === 'adapters' ? dataset : null,
    eval_samples: evalSamples,
    adapters: studyAdapters(selected, runs, variants),
    run: chosenRun,
    parameters: values,
  });
  const reason = firstProblem(declaration.parameters, values) ?? composed.reason;
  const config = reason === null ? composed.config : null;
  return (
    <div className={classes['form']}>
      <div className={classes['main']}>
        <Panel title={declaration.label} aside={<HelpButton label={declaration.label} card={declaration.card} />}>
          <div className={classes['question']}>
            <StudyDrawing kind={kind.kind} />
            <Text size="sm">{studiesStrings.answer(kind.kind) ?? declaration.summary}</Text>
          </div>
        </Panel>
        {kind.takes === 'run' ? (
          <Panel title={strings.run} note={strings.runHelp}>
            <Select
              aria-label={strings.run}
              placeholder={strings.runEmpty}
              searchable
              data={runs.map((run) => ({ value: run.id, label: run.name }))}
              value={runId}
              onChange={setRunId}
            />
          </Panel>
        ) : (
          <>
            <AdapterChoice
              adapters={shown}
              chosen={chosen}
              onChange={setChosen}
              words={{ note: strings.adaptersNote, label: strings.adaptersLabel, none: strings.noAdapters }}
            />
            <Panel title={strings.scoring}>
              <Group gap={12} grow align="start">
                <Select
                  label={strings.dataset}
                  data={(datasets ?? []).map(({ id, name: label }) => ({ value: id, label }))}
                  value={dataset}
                  onChange={setDataset}
                  clearable
                  placeholder={strings.datasetEmpty}
                />
                <CountInput
                  label={strings.examples}
                  description={strings.examplesHelp}
                  step={100}
                  value={evalSamples}
                  onChange={(count) => setEvalSamples(count ?? 0)}
                />
              </Group>
            </Panel>
          </>
        )}
        {gridSpec === undefined ? null : (
          <GridRows
            key={runId}
            run={chosenRun}
            text={String(values['grid'] ?? gridSpec.default)}
            onChange={(grid) => setValues((now) => ({ ...now, grid }))}
          />
        )}
        {declaration.parameters.length > 0 ? (
          <Panel title={strings.settings}>
            <Stack gap={8}>
              <ParameterForm
                declaration={{ ...declaration, parameters: declaration.parameters.filter((one) => one !== gridSpec) }}
                values={values}
                onChange={setValues}
                error={create.error}
                showHelp="below"
              />
            </Stack>
          </Panel>
        ) : null}
      </div>
      <StudyStart config={config} reason={reason} create={create} />
    </div>
  );
}
