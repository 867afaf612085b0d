import { Button, Checkbox, Stack, Text, TextInput } from '@mantine/core';
import type { AdapterRecord } from '../../../src-shared/domain/adapters/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/app/catalog.ts';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import { firstProblem } from '../../../src-shared/domain/parameters/parameter-check.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import { ErrorNote } from '../../components/feedback/error-note.tsx';
import { Select } from '../../components/form/choices.tsx';
import { MoreSettings, ParameterForm } from '../../components/form/parameter-form.tsx';
import { changedCount } from '../../components/form/parameter-origin.ts';
import { HelpButton } from '../../components/help/help-button.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { pruneStrings } from '../../strings/prune.ts';
import { AdapterChoice } from './adapter-choice.tsx';
import {
  fieldsOfMethod,
  gridExample,
  gridFromText,
  gridOfMethod,
  gridProblem,
  gridText,
  isTicked,
} from './patterns.ts';
import classes from './prune.module.css';
import { pruneEvaluation, usePruneForm } from './use-prune-form.ts';

interface PruneFormProps {
  adapters: readonly AdapterRecord[];
  datasets: readonly DatasetRecord[];
  runs: readonly RunRecord[];
  catalog: Catalog | undefined;
  onStarted: (study: StudyRecord) => void;
}

/** Form for pruning: the adapters, the patterns and the evaluation examples. */
export function PruneForm({ adapters, datasets, runs, catalog, onStarted }: PruneFormProps) {
  const form = usePruneForm({ adapters, runs, catalog, onStarted });
  return (
    <div className={classes['form']}>
      <div className={classes['fields']}>
        <AdapterChoice adapters={adapters} chosen={form.chosen} onChange={form.setChosen} />
        {form.methods.map((method) => (
          <Method key={method.id} method={method} form={form} />
        ))}
        <Panel title={pruneStrings.evaluation}>
          <Stack gap={8}>
            <Select
              label={pruneStrings.dataset}
              data={datasets.map(({ id, name }) => ({ value: id, label: name }))}
              value={form.dataset}
              onChange={form.setDataset}
              placeholder={pruneStrings.trainingDataset}
            />
            <ParameterForm
              {...pruneEvaluation}
              values={form.evaluation}
              onChange={form.setEvaluation}
              error={form.failure}
            />
          </Stack>
        </Panel>
      </div>
      <footer className={classes['foot']}>
        <Text size="xs" c="dimmed">
          {form.problem ?? pruneStrings.evaluations(form.evaluations)}
        </Text>
        {form.failure ? <ErrorNote error={form.failure} /> : null}
        <Button onClick={form.start} disabled={form.problem !== null} loading={form.isStarting}>
          {pruneStrings.run}
        </Button>
      </footer>
    </div>
  );
}

interface MethodProps {
  method: Catalog['pruneMethods'][number];
  form: ReturnType<typeof usePruneForm>;
}

/** One method: its patterns to tick or the grid that its curve runs over, and every other parameter that it declares. */
function Method({ method, form }: MethodProps) {
  const patterns = form.patterns.filter((pattern) => pattern.method === method.id);
  const grid = gridOfMethod(method);
  const fields = fieldsOfMethod(method);
  const text = gridText(method, form.choices);
  const values = form.choices.parameters[method.id] ?? {};
  return (
    <Panel title={method.label} aside={<HelpButton label={method.label} card={method.card} />}>
      <Stack gap={8}>
        <Text size="xs" c="dimmed">
          {method.summary}
        </Text>
        {patterns.map((pattern) => (
          <Checkbox
            key={pattern.key}
            label={pattern.label}
            aria-label={pattern.label === method.label ? pattern.label : `${method.label}: ${pattern.label}`}
            checked={isTicked(pattern, form.choices)}
            onChange={() => form.toggle(pattern.key)}
          />
        ))}
        {grid ? (
          <TextInput
            label={pruneStrings.grid(grid.label)}
            description={pruneStrings.gridHelp(grid.help, text === '' ? gridExample(grid, method.grid) : text)}
            value={text}
            error={gridFromText(grid, text) === null ? gridProblem(grid) : undefined}
            onChange={(event) => form.setGrid(method.id, event.currentTarget.value)}
          />
        ) : null}
        {fields.length > 0 ? (
          <MoreSettings changed={changedCount(fields, values)} faulty={firstProblem(fields, values) !== null}>
            <ParameterForm
              declaration={{ parameters: fields, card: method.card }}
              values={values}
              onChange={(next) => form.setParameters(method.id, next)}
              error={form.failure}
            />
          </MoreSettings>
        ) : null}
      </Stack>
    </Panel>
  );
}
