import type { RunConfig } from '../../../../src-shared/domain/runs/run.ts';
import type { JobSpec } from '../../../../src-shared/domain/studies/plan.ts';
import type { Trial } from '../../../../src-shared/studies/grid/tuning.ts';
import { type TaskSets, taskNames } from '../../../../src-shared/studies/task-sets/task-sets.ts';
import type { TaskTuning } from '../../../../src-shared/studies/task-sets/task-tuning.ts';
import type { ChosenRate, ScoreOf, StudyDesign } from '../define-study-work.ts';
import { countsAfterSweeps, nextOfSweeps, refuseSweptFields, roundsOfSweeps } from '../tuning/sweep-rounds.ts';
import { firstTrial, LearningRateSweep, type SweptCell } from '../tuning/tuning.ts';
import { memberRun, type PlannedSets, plannedSets, variantLabels } from './task-sets.ts';

interface SetsConfig extends TaskSets {
  readonly metric: string;
}

interface SetsResult {
  readonly tuning: readonly TaskTuning[];
}

/** Chosen trial of a task's variant, both by their places. */
type TrialOf = (task: number, variant: number) => Trial;

const noTrial: Trial = { learning_rate: Number.NaN };

/**
 * The work of a kind of study on sets of tasks: the sweep of each task if there is one, all of them in the same rounds, then the
 * trainings and what is measured of the sets.
 * @param measured all that is scored and compared of the sets; throws for what cannot be, before anything is trained
 * @param chosen the round after it, which depends on its scores; without scores (null) only the number of specs counts
 */
export function taskSetWork<Config extends SetsConfig>(
  measured: (config: Config, sets: PlannedSets) => JobSpec[],
  chosen: (config: Config, sets: PlannedSets, scoreOf: ScoreOf | null) => JobSpec[] = () => [],
) {
  const specsAt = (config: Config, trialOf: TrialOf): JobSpec[] => {
    const sets = setsAt(config, trialOf);
    return [...sets.trainings, ...measured(config, sets)];
  };
  /** Rates change neither how much work there is nor whether it can be done. */
  const specsAtFirst = (config: Config) =>
    specsAt(config, () => (config.tune === null ? noTrial : firstTrial(config.tune)));
  return {
    plan(config: Config): JobSpec[] {
      const sweeps = sweepsOf(config);
      const specs = specsAtFirst(config);
      return sweeps.length === 0 ? specs : sweeps.flatMap((sweep) => sweep.plan());
    },
    next(config: Config, scoreOf: ScoreOf, finished: number): JobSpec[] {
      const sweeps = sweepsOf(config);
      const more = nextOfSweeps(sweeps, scoreOf, finished, (best) =>
        specsAt(config, (task, variant) => best[task]?.[variant] ?? noTrial),
      );
      if (more.length > 0 || finished !== roundsOfSweeps(sweeps, scoreOf) + 1) return more;
      // The keys of the sets do not depend on the rates.
      return chosen(config, plannedSets(config), scoreOf);
    },
    laterScores: (config: Config): number =>
      countsAfterSweeps(sweepsOf(config), specsAtFirst(config)).laterScores +
      chosen(config, plannedSets(config), null).length,
    design(config: Config): StudyDesign | null {
      if (config.run === null) return null;
      const [seed = 0] = config.seeds;
      return {
        seeds: config.seeds.length,
        metrics: [config.metric],
        scores: [],
        tune: config.tune,
        comparisons: null,
        // Sets are scored on the test split, whatever the run says.
        runs: placesOf(config).map((place) => ({ ...memberRun(config, { ...place, seed }), eval_split: 'test' })),
        ...countsAfterSweeps(sweepsOf(config), specsAtFirst(config)),
      };
    },
    tunings: (config: Config, { tuning }: SetsResult): ChosenRate[] =>
      sweepsOf(config).flatMap((sweep, task) => (tuning[task] ? sweep.chosenRates(tuning[task]) : [])),
    compared: (config: Config, { tuning }: SetsResult): RunConfig[] | null =>
      config.tune === null
        ? null
        : setsAt(config, (task, variant) => tuning[task]?.cells[variant] ?? noTrial).trainings.map(
            (training) => training.config,
          ),
  };
}

/** The complete sweep of each task; none where no learning rate is swept. */
export function taskTunings(config: SetsConfig, scoreOf: ScoreOf): TaskTuning[] {
  const names = taskNames(config.tasks);
  return sweepsOf(config).map((sweep, task) => ({ task: names[task] ?? '', ...sweep.result(scoreOf) }));
}

/** The sets with the trainings at the rates of a sweep, if there is one. */
function setsAt(config: SetsConfig, trialOf: TrialOf): PlannedSets {
  const sweeps = sweepsOf(config);
  const cells = sweeps.map((_, task) => sweptCells(config, task));
  return plannedSets(config, (member) => {
    const { task, variant, seed } = member;
    const [sweep, cell] = [sweeps[task], cells[task]?.[variant]];
    return cell && sweep ? sweep.runOf(cell, trialOf(task, variant), seed) : memberRun(config, member);
  });
}

/** @throws StudioError invalid_input if a sweep cannot be, or if settings say the rate too */
function sweepsOf(config: SetsConfig): LearningRateSweep[] {
  const { tune, tasks, variants, metric } = config;
  if (tune === null) return [];
  for (const { settings } of tasks) refuseSweptFields(settings, 'the settings of a task', tune);
  for (const { settings } of variants) refuseSweptFields(settings, 'the settings of a variant', tune);
  return tasks.map((_, task) => new LearningRateSweep(sweptCells(config, task), tune, metric));
}

function sweptCells(config: SetsConfig, task: number): SweptCell[] {
  const name = taskNames(config.tasks)[task] ?? '';
  return variantLabels(config).map((label, variant) => ({
    key: `${task}/${variant}`,
    label,
    title: `${name}, ${label}`,
    run: (seed) => memberRun(config, { variant, task, seed }),
  }));
}

function placesOf({ tasks, variants }: TaskSets): { readonly task: number; readonly variant: number }[] {
  return tasks.flatMap((_, task) => variants.map((__, variant) => ({ task, variant })));
}
