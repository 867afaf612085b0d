import { Button, Checkbox, Select, Stack, Text, TextInput } from '@mantine/core';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/catalog.ts';
import type { DatasetRecord } from '../../../src-shared/domain/dataset.ts';
import { firstProblem } from '../../../src-shared/domain/parameter-check.ts';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import type { StudyRecord } from '../../../src-shared/domain/study.ts';
import { headlineText } from '../../../src-shared/results/headline.ts';
import { MoreSettings, ParameterForm } from '../../components/form/parameter-form.tsx';
import { changedCount } from '../../components/form/parameter-origin.ts';
import { plural } from '../../components/format/format.ts';
import { HelpButton } from '../../components/help/help-button.tsx';
import { Panel } from '../../components/layout/panel.tsx';
import { CotoMark } from '../runs/coto-mark.tsx';
import { fieldsOfMethod, gridFromText, gridOfMethod, gridProblem, gridText, isTicked } from './patterns.ts';
import classes from './prune.module.css';
import { pruneEvaluation, usePruneForm } from './use-prune-form.ts';

interface PruneFormProps {
  adapters: readonly AdapterRecord[];
  datasets: readonly DatasetRecord[];
  runs: readonly RunRecord[];
  catalog: Catalog | undefined;
  onStarted: (study: StudyRecord) => void;
}

/** What is pruned, how, and on which examples it is evaluated. */
export function PruneForm({ adapters, datasets, runs, catalog, onStarted }: PruneFormProps) {
  const form = usePruneForm({ adapters, runs, catalog, onStarted });
  return (
    <Stack gap={12} p={12}>
      <Panel title="Adapters" note="several of one base: seeds, with and without CoTo">
        <Checkbox.Group value={[...form.chosen]} onChange={form.setChosen} aria-label="Adapters to prune">
          <Stack gap={8}>
            {adapters.map((adapter) => (
              <Checkbox
                key={adapter.id}
                value={adapter.id}
                label={
                  <span className={classes['choice']}>
                    <span className={classes['name']}>{adapter.name}</span>
                    <CotoMark on={adapter.coto !== null} />
                    <span className={classes['score']}>{headlineText(adapter)}</span>
                  </span>
                }
                styles={{ labelWrapper: { flex: 1, minWidth: 0 }, body: { alignItems: 'center' } }}
              />
            ))}
          </Stack>
        </Checkbox.Group>
      </Panel>
      {form.methods.map((method) => (
        <Method key={method.id} method={method} form={form} />
      ))}
      <Panel title="Evaluation">
        <Stack gap={8}>
          <Select
            label="Dataset"
            data={datasets.map(({ id, name }) => ({ value: id, label: name }))}
            value={form.dataset}
            onChange={form.setDataset}
            placeholder="the training dataset"
          />
          <ParameterForm {...pruneEvaluation} values={form.evaluation} onChange={form.setEvaluation} />
        </Stack>
      </Panel>
      <Button onClick={form.start} disabled={form.problem !== null} loading={form.isStarting}>
        Run pruning study
      </Button>
      <Text size="xs" c="dimmed" ta="center">
        {form.problem ?? plural(form.evaluations, 'evaluation')}
      </Text>
    </Stack>
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
    <Panel title={method.label} note={method.summary} aside={<HelpButton label={method.label} card={method.card} />}>
      <Stack gap={8}>
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
            label={`${grid.label} grid`}
            description={`${grid.help} Several values, e.g. ${text === '' ? '0.25, 50 %' : text}`}
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
            />
          </MoreSettings>
        ) : null}
      </Stack>
    </Panel>
  );
}
