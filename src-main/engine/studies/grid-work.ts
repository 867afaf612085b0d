import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { JobSpec, ScoreSpec } from '../../../src-shared/domain/studies/plan.ts';
import { type CellSettings, cellLabel } from '../../../src-shared/studies/grid/cell-settings.ts';
import { cellsOf } from '../../../src-shared/studies/grid/grid-cells.ts';
import type { GridResult, SubjectChoice } from '../../../src-shared/studies/grid/grid-schemas.ts';
import type { ChosenRate, MergeRefusal, ScoreOf, StudyAdapters, StudyDesign } from './define-study-work.ts';
import { foldCells } from './grid-fold.ts';
import { cellRun, referencesOf } from './grid-run.ts';
import {
  type GridConfig,
  isScored,
  type LeftOut,
  labelOf,
  scoreKey,
  subjectsOf,
  trainingKey,
} from './grid-subjects.ts';
import { settingWords } from './setting-words.ts';
import { countsAfterSweeps, nextOfSweeps, refuseSweptFields } from './sweep-rounds.ts';
import { LearningRateSweep } from './tuning.ts';

/**
 * The config with the cells left out whose adapters a merge or a pruning cannot take, so that no study fails for it after its
 * trainings. @throws StudioError refused where no cell is left
 */
export async function gridFit<Config extends GridConfig>(config: Config, facts: StudyAdapters): Promise<Config> {
  const cells = cellsOf(config.grid);
  const left_out: LeftOut[] = [];
  for (const [score, choice] of config.scores.entries()) {
    if (choice === 'alone') continue;
    const label = labelOf(choice, config.seeds.length);
    const refused: LeftOut[] = [];
    for (const [cell, settings] of cells.entries()) {
      const refusal = await refusalOf(choice, cellRun(config, settings, 0), config.seeds.length, facts);
      if (refusal === null) continue;
      refused.push({ cell, score, reason: refusal.message });
      if (refused.length === cells.length)
        throw new StudioError('refused', `scores: ${label}: ${refusal.message}`, refusal.hint).at('scores');
    }
    left_out.push(...refused);
  }
  return { ...config, left_out };
}

async function refusalOf(
  choice: Exclude<SubjectChoice, 'alone'>,
  run: RunConfig,
  seeds: number,
  facts: StudyAdapters,
): Promise<MergeRefusal | null> {
  const { parameters } = choice;
  if ('prune' in choice) return facts.pruneRefusalOfRun({ method: choice.prune, parameters, run });
  const adapters = choice.of === 'pairs' ? 2 : seeds;
  return facts.refusalOfRun({ method: choice.merge, parameters, run, adapters });
}

/** First the sweep, if there is one; else the cells. */
export function gridPlan(config: GridConfig): JobSpec[] {
  referencesOf(config);
  for (const choice of config.scores) labelOf(choice, config.seeds.length);
  const sweep = sweepOf(config);
  return sweep === null ? cellSpecs(config, () => null) : sweep.plan();
}

/** Extensions of the sweep, then the cells at their best rates. */
export function gridNext(config: GridConfig, scoreOf: ScoreOf, finished: number): JobSpec[] {
  const sweep = sweepOf(config);
  const sweeps = sweep === null ? [] : [sweep];
  return nextOfSweeps(sweeps, scoreOf, finished, ([rates = []]) => cellSpecs(config, (at) => rates[at] ?? null));
}

/**
 * Returns the comparisons of the cells, and the trainings after a sweep: a seed that is in both is trained once, if at
 * all.
 */
export function gridDesign(config: GridConfig): StudyDesign {
  const { seeds, metric, further_metrics, grid, tune } = config;
  const cells = cellsOf(grid);
  const rate = tune?.learning_rate[0] ?? null;
  const sweep = sweepOf(config);
  return {
    seeds: seeds.length,
    metrics: [metric, ...further_metrics],
    comparisons: seeds.length === 0 ? 0 : referencesOf(config).filter((reference, at) => reference !== at).length,
    // Behind a sweep the cells are judged on the test split.
    runs: cells.map((cell) => ({ ...cellRun(config, cell, 0), ...(tune === null ? {} : { eval_split: 'test' }) })),
    ...countsAfterSweeps(
      sweep === null ? [] : [sweep],
      cellSpecs(config, () => rate),
    ),
  };
}

/** The runs of every cell and seed, at the rates of the result's sweep. */
export function gridCompared(config: GridConfig, { tuning }: Pick<GridResult, 'tuning'>): RunConfig[] {
  const sweep = sweepOf(config);
  // A sweep without a test compares its trials at the best rates.
  const seeds = config.seeds.length > 0 ? config.seeds : (config.tune?.seeds ?? []);
  return cellsOf(config.grid).flatMap((cell, at) =>
    seeds.map((seed) => runAt(config, sweep, cell, seed, tuning?.cells[at]?.learning_rate ?? null)),
  );
}

/** The rate that the sweep chose for each cell. */
export function gridTunings(config: GridConfig, { tuning }: Pick<GridResult, 'tuning'>): ChosenRate[] {
  const sweep = sweepOf(config);
  return tuning === null || sweep === null ? [] : sweep.chosenRates(tuning);
}

export function gridFold(config: GridConfig, scoreOf: ScoreOf): GridResult {
  return foldCells(config, scoreOf, sweepOf(config)?.result(scoreOf) ?? null);
}

/** Trainings of every cell on every seed, and all that is scored of them. */
function cellSpecs(config: GridConfig, rateOf: (cell: number) => number | null): JobSpec[] {
  const sweep = sweepOf(config);
  const cells = cellsOf(config.grid);
  const runs = cells.flatMap((cell, at) =>
    config.seeds.map((seed) => ({
      key: trainingKey(cell, seed),
      title: `${cellLabel(cell, settingWords)} · seed ${seed}`,
      config: runAt(config, sweep, cell, seed, rateOf(at)),
    })),
  );
  const scores = config.scores.flatMap((choice, score) =>
    cells.flatMap((cell, at) => {
      if (!isScored(config, score, at)) return [];
      const { dataset, eval_samples, ...split } = cellRun(config, cell, 0);
      // A run may ask to be judged on its validation split, but not where a rate was chosen on it.
      const held =
        split.eval_split === 'validation' && sweep === null ? { validation_samples: split.validation_samples } : {};
      return subjectsOf(config, choice, cell).map((one): ScoreSpec => {
        const seeds = one.seeds.map((seed) => config.seeds[seed] ?? 0);
        const title = `${cellLabel(cell, settingWords)} · ${seeds.length > 1 ? 'seeds' : 'seed'} ${seeds.join(' and ')}`;
        return {
          kind: 'score',
          key: scoreKey(choice, cell, config, one),
          title: choice === 'alone' ? title : `${labelOf(choice, config.seeds.length)}, ${title}`,
          names: seeds.map((seed) => `${cellLabel(cell, settingWords)} · seed ${seed}`),
          dataset,
          eval_samples,
          ...held,
          subject: one.subject,
        };
      });
    }),
  );
  return [...runs.map((run): JobSpec => ({ kind: 'train', ...run })), ...scores];
}

function runAt(
  config: GridConfig,
  sweep: LearningRateSweep | null,
  cell: CellSettings,
  seed: number,
  rate: number | null,
): RunConfig {
  if (sweep === null || rate === null) return cellRun(config, cell, seed);
  return sweep.runOf(sweptCell(config, cell), rate, seed);
}

/** @throws StudioError invalid_input if the sweep cannot be, or if the grid says the rate too */
function sweepOf(config: GridConfig): LearningRateSweep | null {
  const { tune, metric, grid } = config;
  if (tune === null) return null;
  refuseSweptFields(grid, 'the grid');
  return new LearningRateSweep(
    cellsOf(grid).map((cell) => sweptCell(config, cell)),
    tune,
    metric,
  );
}

function sweptCell(config: GridConfig, cell: CellSettings) {
  return {
    key: JSON.stringify(cell),
    label: cellLabel(cell, settingWords),
    run: (seed: number) => cellRun(config, cell, seed),
  };
}
