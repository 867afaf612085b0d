import { Button, Checkbox, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { ParameterValues } from '../../../src-shared/domain/parameter.ts';
import { firstProblem } from '../../../src-shared/domain/parameter-check.ts';
import type { StudyRecord } from '../../../src-shared/domain/study.ts';
import { studyKind, studyKinds } from '../../../src-shared/studies/index.ts';
import { useAction, useRequest } from '../../api/query.ts';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { ParameterForm } from '../../components/form/parameter-form.tsx';
import { HelpButton } from '../../components/help/help-button.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { useVariantNames } from '../runs/use-variant-names.ts';
import { compose } from './compose.ts';
import { ForecastPanel } from './forecast-panel.tsx';
import { studyAdapters } from './study-adapters.ts';

/** Makes a study of any kind: what it is made of, and what its kind declares. */
export function NewStudy({ onStarted }: { onStarted: (study: StudyRecord) => void }) {
  const [kindId, setKindId] = useState(studyKinds[0]?.kind ?? '');
  const [name, setName] = useState('');
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
  const create = useAction('studies.create', {
    failureTitle: 'The study was not started',
    onSuccess: ({ study }) => {
      notifySuccess('Study queued', study.name);
      onStarted(study);
    },
  });
  const kind = studyKind(kindId);
  const declaration = catalog?.studies.find(({ id }) => id === kind.declaration.id) ?? kind.declaration;
  const shown = (adapters ?? []).filter(({ archived }) => !archived);
  const selected = shown.filter(({ id }) => chosen.includes(id));
  const composed = compose(kind, {
    dataset: kind.takes === 'adapters' ? dataset : null,
    eval_samples: evalSamples,
    adapters: studyAdapters(selected, runs, variants),
    run: runs.find(({ id }) => id === runId)?.config ?? null,
    parameters: values,
  });
  const reason = firstProblem(declaration.parameters, values) ?? composed.reason;
  const config = reason === null ? composed.config : null;
  return (
    <Stack gap={12}>
      <Panel
        title="Kind of study"
        note={declaration.summary}
        aside={<HelpButton label={declaration.label} card={declaration.card} />}
      >
        <Stack gap={8}>
          <Select
            label="Kind"
            data={studyKinds.map((one) => ({ value: one.kind, label: one.declaration.label }))}
            value={kindId}
            allowDeselect={false}
            onChange={(next) => {
              if (next === null) return;
              setKindId(next);
              setValues({});
            }}
          />
          <TextInput
            label="Name"
            placeholder="auto-generated"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        </Stack>
      </Panel>
      {kind.takes === 'run' ? (
        <Panel title="Run that is varied" note="its settings are those of every cell but for what the grid changes">
          <Select
            label="Run"
            placeholder="choose a run"
            searchable
            data={runs.map((run) => ({ value: run.id, label: run.name }))}
            value={runId}
            onChange={setRunId}
          />
        </Panel>
      ) : (
        <>
          <Panel title="Adapters" note="several of one base: seeds, with and without CoTo">
            <Checkbox.Group value={[...chosen]} onChange={setChosen} aria-label="Adapters of the study">
              <Stack gap={4}>
                {shown.map((adapter) => (
                  <Checkbox key={adapter.id} value={adapter.id} label={adapter.name} />
                ))}
              </Stack>
            </Checkbox.Group>
          </Panel>
          <Panel title="Scoring">
            <Stack gap={8}>
              <Select
                label="Dataset"
                data={(datasets ?? []).map(({ id, name: label }) => ({ value: id, label }))}
                value={dataset}
                onChange={setDataset}
                clearable
                placeholder="the training dataset"
              />
              <NumberInput
                label="Test examples"
                description="0 takes all"
                min={0}
                step={100}
                allowDecimal={false}
                value={evalSamples}
                onChange={(value) => setEvalSamples(Math.max(0, Math.round(Number(value) || 0)))}
              />
            </Stack>
          </Panel>
        </>
      )}
      {declaration.parameters.length > 0 ? (
        <Panel title="Settings">
          <Stack gap={8}>
            <ParameterForm declaration={declaration} values={values} onChange={setValues} showHelp="below" />
          </Stack>
        </Panel>
      ) : null}
      {config === null ? null : <ForecastPanel config={config} />}
      <Button
        disabled={config === null}
        loading={create.isPending}
        onClick={() => config && create.mutate({ config, ...(name.trim() === '' ? {} : { name: name.trim() }) })}
      >
        Start study
      </Button>
      <Text size="xs" c="dimmed" ta="center">
        {reason ?? 'Finished training runs and scores are reused; only the rest is computed.'}
      </Text>
    </Stack>
  );
}
