import { StudioError } from '../../../src-shared/contract/errors.ts';
import { isFlatParameter } from '../../../src-shared/domain/adapter.ts';
import type { JobSpec, Score } from '../../../src-shared/domain/plan.ts';
import { type RunConfig, runConfigSchema } from '../../../src-shared/domain/run.ts';
import {
  type AblationConfig,
  ablationStudy,
  type CellSettings,
  cellLabel,
  cellsOf,
} from '../../../src-shared/studies/ablation.ts';
import { adapterVariant } from '../adapters/variants/index.ts';
import { defineStudyWork } from './define-study-work.ts';

type Settings = { [name: string]: CellSettings[string] };

/** Trains every cell of the grid on every seed and scores it; cells share seeds, so that they can be paired. */
export const ablationWork = defineStudyWork(ablationStudy, {
  plan(config) {
    referenceOf(config);
    const runs = cellsOf(config.grid).flatMap((cell) =>
      config.seeds.map((seed) => ({
        key: keyOf(cell, seed),
        title: `${cellLabel(cell)} · seed ${seed}`,
        config: cellRun(config, cell, seed),
      })),
    );
    return [
      ...runs.map((run): JobSpec => ({ kind: 'train', ...run })),
      ...runs.map(
        ({ key, title, config: { dataset, eval_samples } }): JobSpec => ({
          kind: 'score',
          key,
          title,
          names: [title],
          dataset,
          eval_samples,
          subject: { kind: 'trained', training: key },
        }),
      ),
    ];
  },
  fold(config, scoreOf) {
    const cells = cellsOf(config.grid);
    const [first = {}] = cells;
    return {
      kind: 'ablation',
      examples: scoreOf(keyOf(first, config.seeds[0] ?? 0)).examples,
      metric: config.metric,
      reference: referenceOf(config),
      cells: cells.map((settings) => ({
        label: cellLabel(settings),
        settings,
        coto: cellRun(config, settings, 0).coto !== null,
        scores: config.seeds.map((seed) => ({
          seed,
          value: metricOf(scoreOf(keyOf(settings, seed)), config.metric),
        })),
      })),
    };
  },
});

function keyOf(cell: CellSettings, seed: number): string {
  return `${JSON.stringify(cell)}/${seed}`;
}

/** @throws StudioError invalid_input if the reference is not a cell of the grid */
function referenceOf({ grid, reference }: AblationConfig): number {
  if (reference === null) return 0;
  const at = cellsOf(grid).findIndex((cell) =>
    Object.entries(cell).every(([name, value]) => JSON.stringify(reference[name]) === JSON.stringify(value)),
  );
  if (at >= 0) return at;
  throw new StudioError(
    'invalid_input',
    `reference: ${JSON.stringify(reference)} is not a cell of the grid.`,
    'Give a value of the grid for each of its fields, or omit it to use the first cell.',
  );
}

/**
 * The run of one cell: the study's with the cell's fields set. Parameters that another variant does not have are
 * omitted.
 * @throws StudioError invalid_input naming the field
 */
function cellRun({ run, grid }: AblationConfig, cell: CellSettings, seed: number): RunConfig {
  const settings: Settings = { ...run, seed };
  for (const [name, value] of Object.entries(cell)) setAt(settings, pathOf(name), value);
  const parsed = runConfigSchema.safeParse(settings);
  if (!parsed.success)
    throw new StudioError(
      'invalid_input',
      `grid: ${cellLabel(cell)} is not a valid run: ${parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}.`,
      'Fields are named as in the run, e.g. learning_rate, adapter.parameters.r, coto.stage1_ratio.',
    );
  const { adapter } = parsed.data;
  if (adapter.variant === run.adapter.variant) return parsed.data;
  const known = new Set(adapterVariant(adapter.variant).declaration.parameters.map((spec) => spec.name));
  const given = new Set(Object.keys(grid).map((field) => pathOf(field).at(2)));
  const parameters = Object.fromEntries(
    Object.entries(adapter.parameters).filter(([name]) => known.has(name) || given.has(name)),
  );
  return { ...parsed.data, adapter: { ...adapter, parameters } };
}

/** A parameter of the variant may be named as in PEFT, without the prefix `parameters`. */
function pathOf(name: string): string[] {
  const path = name.split('.');
  const [first, second = ''] = path;
  return first === 'adapter' && path.length === 2 && isFlatParameter(second) ? [first, 'parameters', second] : path;
}

/** Sets a field by its path; a disabled feature along the path (`coto: null`) is enabled with its defaults. */
function setAt(target: Settings, [name = '', ...rest]: readonly string[], value: CellSettings[string]): void {
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  const inner = target[name];
  const below: Settings = typeof inner === 'object' && inner !== null && !Array.isArray(inner) ? { ...inner } : {};
  setAt(below, rest, value);
  target[name] = below;
}

/** @throws StudioError refused listing the available metrics */
function metricOf({ accuracy, loss, metrics }: Score, metric: string): number {
  const all: Readonly<Record<string, number>> = { ...metrics, ...(accuracy === null ? {} : { accuracy }), loss };
  const value = all[metric];
  if (value !== undefined) return value;
  throw new StudioError(
    'refused',
    `The task has no metric "${metric}".`,
    `Choose one of ${Object.keys(all).sort().join(', ')}; finished trainings and scores are kept.`,
  );
}
