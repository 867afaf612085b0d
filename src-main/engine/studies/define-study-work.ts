import type { z } from 'zod';
import type { PlannedAdapter } from '../../../src-shared/domain/adapters/adapter-reference.ts';
import type { MaskTable } from '../../../src-shared/domain/evaluation/mask-table.ts';
import type { MergeWeight } from '../../../src-shared/domain/merging/merge.ts';
import type { PairsOfAdapters } from '../../../src-shared/domain/merging/mergeability.ts';
import type { ParameterValues } from '../../../src-shared/domain/parameters/parameter.ts';
import type { RunConfig } from '../../../src-shared/domain/runs/run.ts';
import type { TuningRecord } from '../../../src-shared/domain/runs/tuned.ts';
import type { JobSpec, Score, ScoredTask } from '../../../src-shared/domain/studies/plan.ts';
import type { StudyKind } from '../../../src-shared/studies/define-study.ts';
import type { TuneConfig } from '../../../src-shared/studies/grid/tuning.ts';
import type { StudyConfig, StudyResult } from '../../../src-shared/studies/index.ts';
import type { ScoreKind } from '../../../src-shared/studies/scores/seed-deviation.ts';
import { trainingsOf } from './config/planned-adapters.ts';

/** Looks up the score of a key of the plan. @throws RangeError for an unknown key */
export type ScoreOf = (key: string) => Score;

/** Looks up the table of masks of a key of the plan. @throws RangeError for an unknown key */
export type TableOf = (key: string) => MaskTable;

/** Looks up the pairs of a map of mergeability of the plan. @throws RangeError for an unknown key */
export type PairsOf = (key: string) => PairsOfAdapters;

/** A merge that a study plans. */
export interface PlannedMerge {
  readonly method: string;
  readonly parameters: ParameterValues;
  readonly adapters: readonly PlannedAdapter[];
  /** One an adapter. */
  readonly weights: readonly MergeWeight[];
  readonly dataset: string;
  /** Its questions are scored in place of the dataset's test examples. */
  readonly score?: ScoredTask | undefined;
  /** True if the merged update is multiplied by λ. */
  readonly isScaled?: boolean | undefined;
}

/** Reason why a merge or a pruning is impossible, with advice. */
export interface MergeRefusal {
  readonly message: string;
  readonly hint: string | null;
}

/** Facts about a study's adapters before it starts. */
export interface StudyAdapters {
  /**
   * Returns the reason why these adapters cannot be merged, or their merge not be scored; null if they can, or if that
   * is unknown before training.
   */
  refusalOf(merge: PlannedMerge): Promise<MergeRefusal | null>;
  /** The same for adapters that such a run will make; their number and the method's parameters, where they are known. */
  refusalOfRun(merge: {
    readonly method: string;
    readonly run: RunConfig;
    readonly parameters?: ParameterValues;
    readonly adapters?: number;
    readonly score?: ScoredTask | undefined;
    readonly isScaled?: boolean | undefined;
  }): Promise<MergeRefusal | null>;
  /** Returns the reason why the adapter of such a run cannot be pruned; null if it can. */
  pruneRefusalOfRun(pruning: {
    readonly method: string;
    readonly parameters: ParameterValues;
    readonly run: RunConfig;
  }): Promise<MergeRefusal | null>;
  /** Returns the reason why the adapter of such a run has no task head for classes; null if it has. */
  headRefusalOfRun(run: RunConfig): Promise<MergeRefusal | null>;
  /**
   * Returns the reason why no factor multiplies the ΔW of such a run, or of the merge of several by a method, as the end of a
   * sentence; null if one does.
   */
  strengthProblemOfRun(run: RunConfig, method: string | null): Promise<string | null>;
  /**
   * Budget of such a run: its steps, the share of the learning rate that an adapter receives, and the passes through all
   * layers in a step.
   */
  budgetOfRun(
    run: RunConfig,
  ): Promise<{ readonly steps: number; readonly updateShare: number; readonly layerPasses: number }>;
  /** Training examples that the run of an adapter holds out; null where the run is not known. */
  heldOutOf(adapter: PlannedAdapter): Promise<number | null>;
  /**
   * Intervals of `save_steps` of completed runs that differ from this one in nothing else, and have their adapters after all
   * of these steps on disk.
   */
  savedIntervalsOf(run: RunConfig, steps: readonly number[]): Promise<number[]>;
  /** Returns true if scores measure what an adapter costs its base. */
  measuresForgetting(): boolean;
  /** Equal for adapters of equal content. */
  contentOf(adapter: PlannedAdapter): Promise<string>;
  nameOf(adapter: PlannedAdapter): string;
  /** The metric that such adapters' task is known by on this dataset: what chooses its best checkpoint, where that is no loss. */
  resolvePrimaryMetric(adapters: readonly PlannedAdapter[], dataset: string): Promise<string>;
  /** False for a dataset of numbers to predict. */
  hasAccuracy(dataset: string): Promise<boolean>;
}

interface Work<Config, Result> {
  /**
   * The config with what follows from its adapters filled in, before anything is queued.
   * @throws StudioError refused, with the way out, if the study cannot be decided
   */
  fit?(config: Config, facts: StudyAdapters): Promise<Config>;
  /**
   * All trainings, scores, tables of masks and maps of mergeability needed, in their preferred order, without duplicates.
   * Trainings of the adapters that the config names are added to them.
   */
  plan(config: Config): JobSpec[];
  /**
   * Work that depends on the scores so far, for plans in rounds such as "sweep the learning rate, then train at the best".
   * Asked after each round, the first being `plan`, until it returns none; keys are new ones.
   */
  next?(config: Config, scoreOf: ScoreOf, finishedRounds: number): JobSpec[];
  fold(config: Config, scoreOf: ScoreOf, tableOf: TableOf, pairsOf: PairsOf): Result;
  /** The metric that every score must have for the study to judge by; absent where the design or `fit` tells. */
  primaryMetric?(config: Config): string;
  /** Returns the comparison over seeds; absent or null if the study has none. */
  design?(config: Config): StudyDesign | null;
  /** Scores of rounds after the first. Absent: those of the design. */
  laterScores?(config: Config): number;
  /** Learning rates that a sweep of this study chose, each for the run that it is to be used in, whatever its seed. */
  tunings?(config: Config, result: Result): ChosenRate[];
  /** The runs that the result compares. Absent or null: all trainings of the plan. */
  compared?(config: Config, result: Result): RunConfig[] | null;
}

/** Comparison of a study over seeds, which determines the detectable differences before the start. */
export interface StudyDesign {
  readonly seeds: number;
  /** Metrics that it reports, the deciding one first. */
  readonly metrics: readonly string[];
  /** Scores of every cell; empty where no cells are compared. */
  readonly scores: readonly { readonly label: string; readonly kind: ScoreKind }[];
  /** The sweep of learning rates before it; null: none. */
  readonly tune: TuneConfig | null;
  /** Cells that are compared with a reference; null where what is compared is no score of a cell. */
  readonly comparisons: number | null;
  /** A run of each cell, as it is scored. */
  readonly runs: readonly RunConfig[];
  /** Trainings of rounds after the first, at most, and their scores. */
  readonly later: readonly RunConfig[];
  readonly laterScores: number;
  /** Trainings that a sweep may add, at most. */
  readonly extensions: number;
}

export interface ChosenRate {
  readonly config: RunConfig;
  readonly tuning: TuningRecord;
}

/** Implementation of any kind of study. */
export interface StudyWork extends Pick<Work<unknown, StudyResult>, 'plan'> {
  readonly kind: string;
  fit(config: StudyConfig, facts: StudyAdapters): Promise<StudyConfig>;
  next(config: unknown, scoreOf: ScoreOf, finishedRounds: number): JobSpec[];
  /** Tables and maps may be left out of kinds that plan none. */
  fold(config: unknown, scoreOf: ScoreOf, tableOf?: TableOf, pairsOf?: PairsOf): StudyResult;
  primaryMetric(config: unknown): string | null;
  design(config: unknown): StudyDesign | null;
  laterScores(config: unknown): number;
  tunings(config: unknown, result: unknown): ChosenRate[];
  compared(config: unknown, result: unknown): RunConfig[];
}

/** Combines a kind of study with its implementation; engine/studies/index.ts lists it. */
export function defineStudyWork<
  Kind extends string,
  ConfigSchema extends z.ZodType<StudyConfig>,
  ResultSchema extends z.ZodType<StudyResult>,
>(
  { kind, configSchema, resultSchema, references }: StudyKind<Kind, ConfigSchema, ResultSchema>,
  work: Work<z.output<ConfigSchema>, z.output<ResultSchema>>,
): StudyWork {
  // The adapters given by a run's settings are trained first, whatever the kind.
  const plan = (config: z.output<ConfigSchema>) =>
    onTask(config, [...trainingsOf(references(config)), ...work.plan(config)]);
  return {
    kind,
    fit: async (config, facts) => (await work.fit?.(configSchema.parse(config), facts)) ?? config,
    plan: (config) => plan(configSchema.parse(config)),
    next(value, scoreOf, finishedRounds) {
      const config = configSchema.parse(value);
      return onTask(config, work.next?.(config, scoreOf, finishedRounds) ?? []);
    },
    fold: (config, scoreOf, tableOf = noTable, pairsOf = noMap) =>
      work.fold(configSchema.parse(config), scoreOf, tableOf, pairsOf),
    primaryMetric: (config) => work.primaryMetric?.(configSchema.parse(config)) ?? null,
    design: (config) => work.design?.(configSchema.parse(config)) ?? null,
    laterScores(value) {
      const config = configSchema.parse(value);
      return work.laterScores?.(config) ?? work.design?.(config)?.laterScores ?? 0;
    },
    tunings: (config, result) => work.tunings?.(configSchema.parse(config), resultSchema.parse(result)) ?? [],
    compared: (config, result) =>
      work.compared?.(configSchema.parse(config), resultSchema.parse(result)) ??
      plan(configSchema.parse(config)).flatMap((spec) => (spec.kind === 'train' ? spec.config : [])),
  };
}

/** Scores the questions of the task that a study names. Scores that choose a rate stay on held-out examples. */
function onTask(config: StudyConfig, specs: JobSpec[]): JobSpec[] {
  const benchmark = 'score' in config ? config.score : undefined;
  if (benchmark === undefined) return specs;
  return specs.map((spec) =>
    (spec.kind === 'score' || spec.kind === 'masks') && spec.validation_samples === undefined
      ? { ...spec, benchmark }
      : spec,
  );
}

function noTable(key: string): never {
  throw new RangeError(`The plan has no table of masks "${key}".`);
}

function noMap(key: string): never {
  throw new RangeError(`The plan has no map of mergeability "${key}".`);
}
