import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import type { JobSpec } from '../../../../src-shared/domain/studies/plan.ts';
import { cellLabel } from '../../../../src-shared/studies/grid/cell-settings.ts';
import { cellsOf } from '../../../../src-shared/studies/grid/grid-cells.ts';
import { scoredChoices } from '../../../../src-shared/studies/grid/grid-schemas.ts';
import { trajectoryStudy } from '../../../../src-shared/studies/trajectory/trajectory.ts';
import type {
  TrajectoryConfig,
  TrajectoryResult,
} from '../../../../src-shared/studies/trajectory/trajectory-schemas.ts';
import { settingWords } from '../config/setting-words.ts';
import { defineStudyWork, type ScoreOf, type StudyAdapters } from '../define-study-work.ts';
import { measureOfScores, riseInterval } from '../grid/forgetting-fold.ts';
import { cellRun } from '../grid/grid-run.ts';
import { isPairs, isScored, labelOf, scoreKey, subjectsOf } from '../grid/grid-subjects.ts';
import { gridCompared, gridDesign, gridFit, gridFold, gridNext, gridPlan, gridTunings } from '../grid/grid-work.ts';
import { type CheckpointAt, checkpointsAt, savingInterval } from './checkpoint-steps.ts';

type Forgotten = TrajectoryResult['checkpoints'][number]['forgetting'];

/** Trains every cell on every seed, and scores its checkpoints as an ablation scores the adapters at the end. */
export const trajectoryWork = defineStudyWork(trajectoryStudy, {
  fit: async (config, facts) => withCheckpoints(await gridFit(config, facts), facts),
  plan: (config) => atCheckpoints(config, gridPlan),
  next: (config, scoreOf, finished) => atCheckpoints(config, (one) => gridNext(one, scoreOf, finished)),
  design(config) {
    const design = gridDesign(config);
    return { ...design, laterScores: design.laterScores * config.shares.length };
  },
  tunings: gridTunings,
  compared: gridCompared,
  fold(config, scoreOf) {
    const folds = checkpointsOf(config).map(({ share, step }) => {
      const { outcomes, ...grid } = gridFold({ ...config, checkpoint: step }, scoreOf);
      return { grid, checkpoint: { share, step, outcomes, forgetting: forgettingAt(config, step, scoreOf) } };
    });
    const [first] = folds;
    if (first === undefined) throw new RangeError('a study over training has no checkpoint');
    const checkpoints = folds.map(({ checkpoint }) => checkpoint);
    return { kind: 'trajectory', ...first.grid, total_steps: totalSteps(config), checkpoints };
  },
});

/** Steps of every training. Without `fit`, as the run says. */
function totalSteps({ total_steps, run }: TrajectoryConfig): number {
  return total_steps ?? run.max_steps;
}

function checkpointsOf(config: TrajectoryConfig): CheckpointAt[] {
  const { shares, run } = config;
  return checkpointsAt(shares, totalSteps(config), run.save_steps || savingInterval(shares, totalSteps(config)));
}

/** The work at every checkpoint; what several have in common, such as the trainings, once. */
function atCheckpoints(
  config: TrajectoryConfig,
  workOf: (config: TrajectoryConfig & { readonly checkpoint: number }) => JobSpec[],
): JobSpec[] {
  const specs = new Map<string, JobSpec>();
  for (const { step } of checkpointsOf(config))
    for (const spec of workOf({ ...config, checkpoint: step })) {
      // A training and the score of its adapter share their key.
      const key = `${spec.kind} ${spec.key}`;
      if (specs.has(key)) continue;
      specs.set(key, spec.kind === 'score' && !config.forgetting ? { ...spec, forgetting: false } : spec);
    }
  return [...specs.values()].sort((one, other) => Number(other.kind === 'train') - Number(one.kind === 'train'));
}

/**
 * The config with the steps of its trainings, and with save_steps so that each share has a checkpoint: those of completed runs
 * that are on disk, if there are any.
 * @throws StudioError refused where a checkpoint cannot be, or not be compared, naming the field
 */
async function withCheckpoints(config: TrajectoryConfig, facts: StudyAdapters): Promise<TrajectoryConfig> {
  const { grid, run, shares, seeds, tune, forgetting } = config;
  if (Object.hasOwn(grid, 'save_steps'))
    throw new StudioError(
      'invalid_input',
      'grid: save_steps decides which checkpoints there are, so the cells cannot vary it.',
      'Remove save_steps from the grid; the study sets it by shares.',
    ).at('grid');
  if (forgetting && !facts.measuresForgetting())
    throw new StudioError(
      'refused',
      'forgetting: there is nothing to measure it on, because Settings switch it off or its neutral inputs are not installed.',
      'Switch on Measure forgetting in Settings, or set forgetting: false.',
    ).at('forgetting');
  const cells = cellsOf(grid);
  const held = tune === null ? {} : { eval_split: 'validation' as const };
  const samples = tune?.validation_samples ?? null;
  const runs = cells.map(
    (cell): RunConfig => ({
      ...cellRun(config, cell, seeds[0] ?? 0),
      ...held,
      ...(samples === null ? {} : { validation_samples: samples }),
    }),
  );
  if (runs.some((one) => one.early_stopping_patience > 0))
    throw new StudioError(
      'refused',
      'run: early stopping may end a training before a share of it, so that there is no checkpoint there.',
      'Set early_stopping_patience to 0: the checkpoints show what an earlier end would have given.',
    ).at('run');
  if (tune?.per_device_train_batch_size !== undefined && runs.some((one) => one.max_steps === 0))
    throw new StudioError(
      'refused',
      'tune: the batch size changes the steps of an epoch, so the checkpoints of the cells would be of runs of different lengths.',
      'Give max_steps of the run in place of num_train_epochs, or remove per_device_train_batch_size from tune.',
    ).at('tune');
  const lengths: number[] = [];
  for (const one of runs) lengths.push((await facts.budgetOfRun(one)).steps);
  const [total = 0] = lengths;
  const other = lengths.findIndex((length) => length !== total);
  if (other >= 0)
    throw new StudioError(
      'refused',
      `grid: "${cellLabel(cells[0] ?? {}, settingWords)}" trains for ${total} steps and "${cellLabel(cells[other] ?? {}, settingWords)}" for ${lengths[other]}, so a share would compare checkpoints of runs of different lengths.`,
      'Give every cell the same steps; the checkpoints of the longest run show the shorter ones.',
    ).at('grid');
  const own = run.save_steps || savingInterval(shares, total);
  const steps = checkpointsAt(shares, total, own).map(({ step }) => step);
  const save_steps = run.save_steps > 0 ? own : ((await intervalOnDisk(config, steps, total, facts)) ?? own);
  return { ...config, run: { ...run, save_steps }, total_steps: total };
}

/** The interval at which most of the study's runs are on disk with these checkpoints; null if none is. */
async function intervalOnDisk(
  config: TrajectoryConfig,
  steps: readonly number[],
  total: number,
  facts: StudyAdapters,
): Promise<number | null> {
  // The rate of a tuned cell is not known before its sweep.
  if (config.tune !== null) return null;
  const counts = new Map<number, number>();
  for (const cell of cellsOf(config.grid))
    for (const seed of config.seeds)
      for (const interval of await facts.savedIntervalsOf(cellRun(config, cell, seed), steps))
        if (steps.every((step) => step === total || step % interval === 0))
          counts.set(interval, (counts.get(interval) ?? 0) + 1);
  const [most] = [...counts].sort(([, one], [, other]) => other - one);
  return most?.[0] ?? null;
}

/** The rise of every subject at a checkpoint, with its interval over the seeds. */
function forgettingAt(config: TrajectoryConfig, checkpoint: number, scoreOf: ScoreOf): Forgotten {
  const at = { ...config, checkpoint };
  const cells = cellsOf(config.grid);
  return scoredChoices(at).flatMap((one): Forgotten => {
    const rows = cells.map((cell, place) =>
      isScored(at, one, place)
        ? subjectsOf(at, one, place).map((subject) => scoreOf(scoreKey(one, cell, at, subject)))
        : [],
    );
    const measure = measureOfScores(rows.flat());
    if (measure === null) return [];
    const pairsOf = isPairs(one.choice) ? config.seeds.length : null;
    const label = labelOf(one, config.seeds.length);
    return [{ label, measure, cells: rows.map((scores) => riseInterval(scores, pairsOf)) }];
  });
}
