import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import type { JobSpec, ScoreSpec } from '../../../../src-shared/domain/studies/plan.ts';
import { type CellSettings, cellLabel } from '../../../../src-shared/studies/grid/cell-settings.ts';
import { cellsOf } from '../../../../src-shared/studies/grid/grid-cells.ts';
import {
  type GridResult,
  type ScoredChoice,
  type SubjectChoice,
  scoredChoices,
} from '../../../../src-shared/studies/grid/grid-schemas.ts';
import type { Trial } from '../../../../src-shared/studies/grid/tuning.ts';
import { scoreKindOf } from '../../../../src-shared/studies/scores/seed-deviation.ts';
import { mergeMethod } from '../../merge/methods/index.ts';
import { settingWords } from '../config/setting-words.ts';
import type { ChosenRate, MergeRefusal, ScoreOf, StudyAdapters, StudyDesign } from '../define-study-work.ts';
import { countsAfterSweeps, nextOfSweeps, refuseSweptFields } from '../tuning/sweep-rounds.ts';
import { firstTrial, LearningRateSweep } from '../tuning/tuning.ts';
import { foldCells } from './grid-fold.ts';
import { cellRun, referencesOf } from './grid-run.ts';
import {
  choiceLabel,
  type GridConfig,
  isScored,
  type LeftOut,
  labelOf,
  partnerOf,
  scoreKey,
  subjectsOf,
  trainingKey,
} from './grid-subjects.ts';

/** Fields of a run that change its length. */
const lengthFields = ['max_steps', 'num_train_epochs'];
/** Fields of a run, beside those of CoTo, that leave the cost of a step as it is. */
const freeFields = ['learning_rate', 'lr_scheduler_type', 'warmup_steps', 'weight_decay', 'max_grad_norm'];

/**
 * The config with the cells left out whose adapters a merge or a pruning cannot take, so that no study fails for it after its
 * trainings. @throws StudioError refused where no cell is left
 */
export async function gridFit<Config extends GridConfig>(config: Config, facts: StudyAdapters): Promise<Config> {
  const cells = cellsOf(config.grid);
  const left_out: LeftOut[] = [];
  for (const [score, choice] of config.scores.entries()) {
    if (choice === 'alone') continue;
    const label = choiceLabel(choice, config.seeds.length);
    const refused: LeftOut[] = [];
    for (const [cell, settings] of cells.entries()) {
      const refusal = await refusalOf(choice, cellRun(config, settings, 0), config, facts);
      if (refusal === null) continue;
      refused.push({ cell, score, reason: refusal.message });
      if (refused.length === cells.length)
        throw new StudioError('refused', `scores: ${label}: ${refusal.message}`, refusal.hint).at('scores');
    }
    left_out.push(...refused);
  }
  const matched_steps = await matchedSteps(config, facts);
  const matched = matched_steps === undefined ? {} : { matched_steps };
  const heads = await headsLeftOut({ ...config, left_out }, facts);
  const norms = await normsLeftOut({ ...config, left_out }, facts);
  return { ...config, ...matched, left_out: [...left_out, ...heads, ...norms] };
}

/**
 * Steps of each cell that give it the budget of the cell that it is compared with; null for a cell of the same budget.
 * Undefined where all cells have the same steps.
 * @throws StudioError refused for a grid whose budgets cannot be matched, naming the field
 */
async function matchedSteps(config: GridConfig, facts: StudyAdapters): Promise<(number | null)[] | undefined> {
  const { match = 'steps', grid } = config;
  if (match === 'steps') return undefined;
  const fields = Object.keys(grid);
  const own = fields.find((field) => lengthFields.includes(field));
  if (own !== undefined)
    throw new StudioError(
      'refused',
      `match: the grid varies ${own}, which match would overwrite.`,
      'Remove the field from the grid, or match.',
    ).at('match');
  if (config.tune?.per_device_train_batch_size !== undefined)
    throw new StudioError(
      'refused',
      'match: budgets are matched at one batch size, and tune chooses the batch size of each cell.',
      'Remove per_device_train_batch_size from tune, or match.',
    ).at('match');
  const dear = fields.find((field) => !field.startsWith('coto') && !freeFields.includes(field));
  if (match === 'compute' && dear !== undefined)
    throw new StudioError(
      'refused',
      `match: the cost of a step is known for schedules of one adapter, and the grid varies ${dear}.`,
      'Match by rate_weighted_updates, or vary coto alone.',
    ).at('match');
  const unmatched = { ...config, matched_steps: undefined };
  const cells: Awaited<ReturnType<typeof facts.budgetOfRun>>[] = [];
  for (const cell of cellsOf(grid)) cells.push(await facts.budgetOfRun(cellRun(unmatched, cell, 0)));
  const measured = cells.map((one) => (match === 'compute' ? one.layerPasses : one.updateShare));
  return referencesOf(config).map((reference, at) => {
    const [target, mine] = [measured[reference] ?? 1, measured[at] ?? 1];
    return target === mine ? null : Math.max(1, Math.round(((cells[reference]?.steps ?? 0) * target) / mine));
  });
}

/**
 * Scores that a head control does not have: swapped heads of a cell that is compared with none, and heads for merges of
 * outputs. @throws StudioError refused for a run whose task has no head for classes
 */
async function headsLeftOut(config: GridConfig, facts: StudyAdapters): Promise<LeftOut[]> {
  const cells = cellsOf(config.grid);
  const controls = scoredChoices({ ...config, norm: undefined }).filter(({ head }) => head !== 'trained');
  if (controls.length === 0) return [];
  for (const cell of cells) {
    const refusal = await facts.headRefusalOfRun(cellRun(config, cell, 0));
    if (refusal !== null) throw new StudioError('refused', `head: ${refusal.message}`, refusal.hint).at('head');
  }
  return controls.flatMap(({ score, choice, head }) =>
    cells.flatMap((_, cell): LeftOut[] => {
      const isOutputs = choice !== 'alone' && 'merge' in choice && mergeMethod(choice.merge).makes === 'outputs';
      if (isOutputs) return [{ cell, score, head, reason: 'a merge of outputs has no head of its own.' }];
      if (head !== 'swapped') return [];
      const partner = partnerOf(config, cell);
      if (partner === null) return [{ cell, score, head, reason: 'no other cell is compared with this one.' }];
      const hasHead = isScored(config, { score, choice, head: 'trained', norm: 'trained' }, partner);
      return hasHead ? [] : [{ cell, score, head, reason: 'the compared cell has no such adapter, nor its head.' }];
    }),
  );
}

/**
 * Scores at another norm that there are not: of a cell that is compared with none, of outputs, and of a ΔW that no factor
 * multiplies. @throws StudioError naming the field where no score is left, or where the trained ΔW is not scored beside
 */
async function normsLeftOut(config: GridConfig, facts: StudyAdapters): Promise<LeftOut[]> {
  const { norm = [], scores, seeds, grid } = config;
  if (!norm.includes('swapped')) return [];
  if (!norm.includes('trained'))
    throw new StudioError(
      'invalid_input',
      'norm: a swapped ‖ΔW‖ is compared with the trained ΔW that has it, which is not scored.',
      'Set norm to [trained, swapped].',
    ).at('norm');
  const cells = cellsOf(grid);
  const left: LeftOut[] = [];
  for (const [score, choice] of scores.entries())
    for (const [cell, settings] of cells.entries()) {
      const trained = { score, choice, head: 'trained', norm: 'trained' } as const;
      if (!isScored(config, trained, cell)) continue;
      const reason = await unscaledReason(config, trained, { cell, run: cellRun(config, settings, 0) }, facts);
      if (reason !== null) left.push({ cell, score, norm: 'swapped', reason });
    }
  const asked = scoredChoices({ ...config, head: undefined }).filter((one) => one.norm === 'swapped');
  const withNorms = { ...config, left_out: [...config.left_out, ...left] };
  if (seeds.length > 0 && !asked.some((one) => cells.some((_, cell) => isScored(withNorms, one, cell))))
    throw new StudioError(
      'refused',
      `norm: no score has a ‖ΔW‖ to swap: ${left[0]?.reason ?? 'nothing is scored.'}`,
      'Leave out norm, or vary a field of the run so that cells of LoRA-like adapters are compared.',
    ).at('norm');
  return left;
}

/** Reason why the ΔW of a cell is not scored at the norm of the cell that it is compared with; null if it is. */
async function unscaledReason(
  config: GridConfig,
  scored: ScoredChoice,
  { cell, run }: { readonly cell: number; readonly run: RunConfig },
  facts: StudyAdapters,
): Promise<string | null> {
  const { choice } = scored;
  const merge = choice !== 'alone' && 'merge' in choice ? choice.merge : null;
  if (merge !== null && mergeMethod(merge).makes === 'outputs') return 'a merge of outputs has no ΔW to scale.';
  const partner = partnerOf(config, cell);
  if (partner === null) return 'no other cell is compared with this one.';
  if (!isScored(config, scored, partner)) return 'the compared cell has no such adapter, nor its ‖ΔW‖.';
  const problem = await facts.strengthProblemOfRun(run, merge);
  return problem === null ? null : `no single factor multiplies its ΔW: ${problem}.`;
}

async function refusalOf(
  choice: Exclude<SubjectChoice, 'alone'>,
  run: RunConfig,
  { seeds, score }: GridConfig,
  facts: StudyAdapters,
): Promise<MergeRefusal | null> {
  const { parameters } = choice;
  if ('prune' in choice) return facts.pruneRefusalOfRun({ method: choice.prune, parameters, run });
  const adapters = choice.of === 'pairs' ? 2 : seeds.length;
  return facts.refusalOfRun({ method: choice.merge, parameters, run, adapters, score });
}

/** First the sweep, if there is one; else the cells. */
export function gridPlan(config: GridConfig): JobSpec[] {
  referencesOf(config);
  for (const choice of config.scores) choiceLabel(choice, config.seeds.length);
  const sweep = sweepOf(config);
  return sweep === null ? cellSpecs(config, () => null) : sweep.plan();
}

/** Extensions of the sweep, then the cells at their best rates. */
export function gridNext(config: GridConfig, scoreOf: ScoreOf, finished: number): JobSpec[] {
  const sweep = sweepOf(config);
  const sweeps = sweep === null ? [] : [sweep];
  return nextOfSweeps(sweeps, scoreOf, finished, ([chosen = []]) => cellSpecs(config, (at) => chosen[at] ?? null));
}

/**
 * Returns the comparisons of the cells, and the trainings after a sweep: a seed that is in both is trained once, if at
 * all.
 */
export function gridDesign(config: GridConfig): StudyDesign {
  const { seeds, metric, further_metrics, grid, tune, scores } = config;
  const cells = cellsOf(grid);
  const trial = tune === null ? null : firstTrial(tune);
  const sweep = sweepOf(config);
  return {
    seeds: seeds.length,
    metrics: [metric, ...further_metrics],
    scores: scores.map((choice) => ({ label: choiceLabel(choice, seeds.length), kind: scoreKindOf(choice) })),
    tune,
    comparisons: seeds.length === 0 ? 0 : referencesOf(config).filter((reference, at) => reference !== at).length,
    // Behind a sweep the cells are judged on the test split.
    runs: cells.map((cell) => ({ ...cellRun(config, cell, 0), ...(tune === null ? {} : { eval_split: 'test' }) })),
    ...countsAfterSweeps(
      sweep === null ? [] : [sweep],
      cellSpecs(config, () => trial),
    ),
  };
}

/** The runs of every cell and seed, at the rates of the result's sweep. */
export function gridCompared(config: GridConfig, { tuning }: Pick<GridResult, 'tuning'>): RunConfig[] {
  const sweep = sweepOf(config);
  // A sweep without a test compares its trials at the best rates.
  const seeds = config.seeds.length > 0 ? config.seeds : (config.tune?.seeds ?? []);
  return cellsOf(config.grid).flatMap((cell, at) =>
    seeds.map((seed) => runAt(config, sweep, cell, seed, tuning?.cells[at] ?? null)),
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
function cellSpecs(config: GridConfig, trialOf: (cell: number) => Trial | null): JobSpec[] {
  const sweep = sweepOf(config);
  const cells = cellsOf(config.grid);
  const runs = cells.flatMap((cell, at) =>
    config.seeds.map((seed) => ({
      key: trainingKey(cell, seed),
      title: `${cellLabel(cell, settingWords)} · seed ${seed}`,
      config: runAt(config, sweep, cell, seed, trialOf(at)),
    })),
  );
  const scores = scoredChoices(config).flatMap((scored) =>
    cells.flatMap((cell, at) => {
      if (!isScored(config, scored, at)) return [];
      const { dataset, eval_samples, ...split } = cellRun(config, cell, 0);
      // A run may ask to be judged on its validation split, but not where a rate was chosen on it.
      const isHeldOut = split.eval_split === 'validation' && sweep === null && config.score === undefined;
      const held = isHeldOut ? { validation_samples: split.validation_samples } : {};
      const { choice, head, norm } = scored;
      const partner = cells[partnerOf(config, at) ?? at] ?? {};
      const after = config.checkpoint === undefined ? '' : ` · step ${config.checkpoint}`;
      return subjectsOf(config, scored, at).map((one): ScoreSpec => {
        const seeds = one.seeds.map((seed) => config.seeds[seed] ?? 0);
        const title = `${cellLabel(cell, settingWords)} · ${seeds.length > 1 ? 'seeds' : 'seed'} ${seeds.join(' and ')}${after}`;
        return {
          kind: 'score',
          key: scoreKey(scored, cell, config, one),
          title:
            choice === 'alone' && head === 'trained' && norm === 'trained'
              ? title
              : `${labelOf(scored, config.seeds.length)}, ${title}`,
          names: [...(head === 'swapped' ? [partner] : []), cell, ...(norm === 'swapped' ? [partner] : [])].flatMap(
            (of) => seeds.map((seed) => `${cellLabel(of, settingWords)} · seed ${seed}`),
          ),
          dataset,
          eval_samples,
          ...held,
          subject: one.subject,
        };
      });
    }),
  );
  return [...runs.map((run): JobSpec => ({ kind: 'train', ...run, trial: true })), ...scores];
}

function runAt(
  config: GridConfig,
  sweep: LearningRateSweep | null,
  cell: CellSettings,
  seed: number,
  trial: Trial | null,
): RunConfig {
  if (sweep === null || trial === null) return cellRun(config, cell, seed);
  return sweep.runOf(sweptCell(config, cell), trial, seed);
}

/** @throws StudioError invalid_input if the sweep cannot be, or if the grid says the rate too */
function sweepOf(config: GridConfig): LearningRateSweep | null {
  const { tune, metric, grid } = config;
  if (tune === null) return null;
  refuseSweptFields(grid, 'the grid', tune);
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
