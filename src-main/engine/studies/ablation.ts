import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { JobSpec } from '../../../src-shared/domain/plan.ts';
import type { RunConfig } from '../../../src-shared/domain/run.ts';
import { type AblationConfig, ablationStudy, cellsOf } from '../../../src-shared/studies/ablation.ts';
import { type CellSettings, cellLabel } from '../../../src-shared/studies/cell-settings.ts';
import { defineStudyWork } from './define-study-work.ts';
import { runWithSettings } from './run-settings.ts';
import { metricOf } from './study-score.ts';

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

/** The run of one cell. @throws StudioError invalid_input naming the field */
function cellRun({ run, grid }: AblationConfig, cell: CellSettings, seed: number): RunConfig {
  return runWithSettings(run, { ...cell, seed }, { where: 'grid', label: cellLabel(cell), given: Object.keys(grid) });
}
