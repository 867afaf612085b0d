import type { z } from 'zod';
import type { JobSpec, Score } from '../../../src-shared/domain/plan.ts';
import type { StudyKind } from '../../../src-shared/studies/define-study.ts';
import type { StudyResult } from '../../../src-shared/studies/index.ts';

/** Looks up the score of a key of the plan. @throws RangeError for an unknown key */
export type ScoreOf = (key: string) => Score;

interface Work<Config, Result> {
  /** All trainings and scores needed, in their preferred order, without duplicates. */
  plan(config: Config): JobSpec[];
  fold(config: Config, scoreOf: ScoreOf): Result;
}

/** Implementation of any kind of study. */
export interface StudyWork extends Work<unknown, StudyResult> {
  readonly kind: string;
}

/** Combines a kind of study with its implementation; engine/studies/index.ts lists it. */
export function defineStudyWork<
  Kind extends string,
  ConfigSchema extends z.ZodType,
  ResultSchema extends z.ZodType<StudyResult>,
>(
  { kind, configSchema }: StudyKind<Kind, ConfigSchema, ResultSchema>,
  work: Work<z.output<ConfigSchema>, z.output<ResultSchema>>,
): StudyWork {
  return {
    kind,
    plan: (config) => work.plan(configSchema.parse(config)),
    fold: (config, scoreOf) => work.fold(configSchema.parse(config), scoreOf),
  };
}
