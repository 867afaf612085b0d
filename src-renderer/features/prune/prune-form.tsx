import { Button, Checkbox, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { AdapterRecord } from '../../../src-shared/domain/adapter.ts';
import type { Catalog } from '../../../src-shared/domain/catalog.ts';
import type { DatasetRecord } from '../../../src-shared/domain/dataset.ts';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import type { StudyRecord } from '../../../src-shared/domain/study.ts';
import { useAction } from '../../api/query.ts';
import { notifySuccess } from '../../components/feedback/notify.tsx';
import { formatPercent, plural } from '../../components/format/format.ts';
import { Panel } from '../../components/layout/panel.tsx';
import { comparableGroups } from '../merge/lambda-pairs.ts';
import { CotoMark } from '../runs/coto-mark.tsx';
import { useVariantNames } from '../runs/use-variant-names.ts';
import { isUsual, patternChoices, sparsitiesFromText } from './patterns.ts';
import classes from './prune.module.css';

interface PruneFormProps {
  adapters: readonly AdapterRecord[];
  datasets: readonly DatasetRecord[];
  runs: readonly RunRecord[];
  catalog: Catalog | undefined;
  onStarted: (study: StudyRecord) => void;
}

/** What is pruned, how, and on which examples it is scored. */
export function PruneForm({ adapters, datasets, runs, catalog, onStarted }: PruneFormProps) {
  const variants = useVariantNames();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const patterns = patternChoices(catalog?.pruneMethods ?? []);
  const [unticked, setUnticked] = useState<ReadonlySet<string> | null>(null);
  const [grid, setGrid] = useState('0.25, 0.5, 0.75, 0.9');
  const [dataset, setDataset] = useState<string | null>(null);
  const [evalSamples, setEvalSamples] = useState(500);
  const create = useAction('studies.create', {
    failureTitle: 'The study was not started',
    onSuccess: ({ study }) => {
      notifySuccess('Pruning study queued', study.name);
      onStarted(study);
    },
  });
  const skipped = unticked ?? new Set(patterns.filter((pattern) => !isUsual(pattern)).map((pattern) => pattern.key));
  const ticked = patterns.filter((pattern) => !skipped.has(pattern.key));
  const sparsities = sparsitiesFromText(grid);
  const selected = adapters.filter((adapter) => chosen.includes(adapter.id));
  const bases = new Set(selected.map((adapter) => adapter.modelId));
  const usedDataset = dataset ?? selected.find((adapter) => adapter.datasetId !== null)?.datasetId ?? null;
  const problem =
    selected.length === 0
      ? 'Choose at least one adapter.'
      : bases.size > 1
        ? 'These adapters stand on different bases: a study takes one base.'
        : usedDataset === null
          ? 'Choose the dataset that they are scored on.'
          : sparsities === null
            ? 'Sparsities are shares from 0 to 1, or percent.'
            : ticked.length + sparsities.length === 0
              ? 'Choose a pattern or a sparsity.'
              : null;
  const start = () => {
    if (problem !== null || usedDataset === null || sparsities === null) return;
    create.mutate({
      config: {
        kind: 'pruning',
        dataset: usedDataset,
        eval_samples: evalSamples,
        patterns: ticked.map(({ method, parameters }) => ({ method, parameters })),
        sparsities,
        adapters: selected.map((adapter) => ({
          label: labelOf(adapter, selected, variants),
          coto: adapter.coto !== null,
          seed: seedOf(adapter, runs),
          adapter: { adapterId: adapter.id },
        })),
      },
    });
  };
  const toggle = (key: string, on: boolean) => {
    const next = new Set(skipped);
    if (on) next.delete(key);
    else next.add(key);
    setUnticked(next);
  };
  const evaluations = selected.length * (1 + ticked.length + (sparsities?.length ?? 0));
  return (
    <Stack gap={12} p={12}>
      <Panel title="Adapters" note="several of one base: seeds, with and without CoTo">
        <Checkbox.Group value={[...chosen]} onChange={setChosen} aria-label="Adapters to prune">
          <Stack gap={4}>
            {adapters.map((adapter) => (
              <Checkbox
                key={adapter.id}
                value={adapter.id}
                label={
                  <span className={classes['choice']}>
                    <span className={classes['name']}>{adapter.name}</span>
                    <CotoMark on={adapter.coto !== null} />
                    <span className={classes['score']}>
                      {adapter.accuracy === null ? '' : `${formatPercent(adapter.accuracy)} %`}
                    </span>
                  </span>
                }
                styles={{ labelWrapper: { flex: 1, minWidth: 0 }, body: { alignItems: 'center' } }}
              />
            ))}
          </Stack>
        </Checkbox.Group>
      </Panel>
      <Panel title="Whole layers" note="which layers keep their adapters">
        <Stack gap={4}>
          {patterns.map((pattern, index) => (
            <div key={pattern.key}>
              {pattern.group !== null && pattern.group !== patterns[index - 1]?.group ? (
                <Text size="xs" c="dimmed" mt={index === 0 ? 0 : 4}>
                  {pattern.group}
                </Text>
              ) : null}
              <Checkbox
                label={pattern.label}
                aria-label={pattern.group === null ? pattern.label : `${pattern.group}: ${pattern.label}`}
                checked={!skipped.has(pattern.key)}
                onChange={(event) => toggle(pattern.key, event.currentTarget.checked)}
              />
            </div>
          ))}
        </Stack>
      </Panel>
      <Panel title="Magnitude and scoring">
        <Stack gap={8}>
          <TextInput
            label="Sparsities"
            description="Share of factor entries set to zero, smallest first: 0.25, 0.5 or 25 %, 50 %"
            value={grid}
            error={sparsities === null ? 'Shares from 0 to 1, or percent.' : undefined}
            onChange={(event) => setGrid(event.currentTarget.value)}
          />
          <Select
            label="Dataset"
            data={datasets.map(({ id, name }) => ({ value: id, label: name }))}
            value={usedDataset}
            onChange={setDataset}
            placeholder="the one they were made for"
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
      <Button onClick={start} disabled={problem !== null} loading={create.isPending}>
        Run pruning study
      </Button>
      <Text size="xs" c="dimmed" ta="center">
        {problem ?? plural(evaluations, 'evaluation')}
      </Text>
    </Stack>
  );
}

/**
 * What an adapter is called in the figures. Runs that differ in nothing but their seed share a name, and are averaged; any
 * other adapter goes by its own.
 */
function labelOf(
  adapter: AdapterRecord,
  selected: readonly AdapterRecord[],
  variants: ReadonlyMap<string, string>,
): string {
  if (adapter.origin.kind !== 'run') return adapter.name;
  const trained = selected.filter((other) => other.origin.kind === 'run');
  const groups = comparableGroups(trained, variants);
  const group = groups.find((candidate) => candidate.adapters.includes(adapter));
  const isAlone = groups.filter((candidate) => candidate.label === group?.label).length === 1;
  return group && isAlone ? group.label : adapter.name;
}

/** The seed of the run that made it; an adapter from elsewhere has none that is known, and counts as seed 0. */
function seedOf(adapter: AdapterRecord, runs: readonly RunRecord[]): number {
  const { origin } = adapter;
  return origin.kind === 'run' ? (runs.find((run) => run.id === origin.runId)?.config.seed ?? 0) : 0;
}
