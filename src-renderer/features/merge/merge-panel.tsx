import { Button, Group, Select, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/catalog.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { ParameterForm } from '../../components/form/parameter-form.tsx';
import { HelpButton } from '../../components/help/help-button.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { StudyButton } from '../studies/study-button.tsx';
import classes from './merge.module.css';
import { PreflightList } from './preflight-list.tsx';
import { benchEvaluation, benchPlacebos, benchTuning, useMergePanel } from './use-merge-panel.ts';

interface MergePanelProps {
  chosen: readonly AdapterRecord[];
  catalog: Catalog | undefined;
}

/** How the bench is merged: method, parameters, preflight, and what can be started from it. */
export function MergePanel({ chosen, catalog }: MergePanelProps) {
  const panel = useMergePanel(chosen, catalog);
  const { declaration, preflight } = panel;
  const makesOutputs = declaration?.makes === 'outputs';
  return (
    <>
      <Panel
        title="Method"
        note={declaration?.summary}
        aside={declaration ? <HelpButton label={declaration.label} card={declaration.card} /> : null}
      >
        <Stack gap={12}>
          <div className={classes['fields']}>
            <Select
              label="Merge method"
              data={(catalog?.mergeMethods ?? []).map(({ id, label }) => ({ value: id, label }))}
              value={panel.method}
              onChange={(next) => next !== null && panel.chooseMethod(next)}
              allowDeselect={false}
              searchable
              nothingFoundMessage="No method has these words."
            />
            <TextInput
              label="Name of the merge"
              placeholder="auto-generated"
              value={panel.name}
              onChange={(event) => panel.setName(event.currentTarget.value)}
              disabled={makesOutputs}
            />
          </div>
          {declaration && declaration.parameters.length > 0 ? (
            <ParameterForm
              declaration={declaration}
              values={panel.parameters}
              onChange={panel.setParameters}
              showHelp="below"
            />
          ) : null}
          <ParameterForm
            {...benchEvaluation}
            values={panel.evaluation.values}
            onChange={panel.evaluation.change}
            showHelp="below"
          />
          {makesOutputs ? null : (
            <ParameterForm
              {...benchPlacebos}
              values={panel.placebos.values}
              onChange={panel.placebos.change}
              showHelp="below"
            />
          )}
          {panel.tuning ? (
            <ParameterForm
              {...benchTuning}
              values={panel.tuning.values}
              onChange={panel.tuning.change}
              showHelp="below"
            />
          ) : null}
        </Stack>
      </Panel>
      <Panel title="Preflight">
        {panel.bench.length === 0 ? (
          <Text size="sm" c="dimmed">
            Base, ranks, targets, scaling and heads are checked once there is an adapter on the bench.
          </Text>
        ) : preflight.error ? (
          <ErrorNote error={preflight.error} />
        ) : preflight.lines ? (
          <PreflightList lines={preflight.lines} />
        ) : (
          <Skeleton h={120} />
        )}
        <Group gap={8} mt={12}>
          <Button onClick={panel.merge} disabled={!panel.canMerge} loading={panel.isMerging}>
            {makesOutputs ? 'Evaluate the ensemble' : 'Merge'}
          </Button>
          {panel.studies.map(({ kind, input, refusal }) => (
            <StudyButton
              key={kind.kind}
              kind={kind}
              input={input}
              refusal={refusal}
              onStarted={({ id }) => panel.showStudy(id)}
            />
          ))}
        </Group>
      </Panel>
    </>
  );
}
