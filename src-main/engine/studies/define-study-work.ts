import type { z } from 'zod';
import type { JobSpec, Score } from '../../../src-shared/domain/plan.ts';
import type { StudyKind } from '../../../src-shared/studies/define-study.ts';
import type { StudyResult } from '../../../src-shared/studies/index.ts';

/** What was found out for each piece of a plan: the score of its key. @throws RangeError for a key that the plan has not */
export type ScoreOf = (key: string) => Score;

interface Work<Config, Result> {
  /** Everything that has to be known, in the order in which it is best found out. Plans nothing twice. */
  plan(config: Config): JobSpec[];
  fold(config: Config, scoreOf: ScoreOf): Result;
}

/** The work of a kind of study, whatever the kind. */
export interface StudyWork extends Work<unknown, StudyResult> {
  readonly kind: string;
}

/** Joins a kind of study with its work; engine/studies/index.ts lists it. */
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
