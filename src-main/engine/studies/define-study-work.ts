import type { z } from 'zod';
import type { MaskTable } from '../../../src-shared/domain/mask-table.ts';
import type { JobSpec, Score } from '../../../src-shared/domain/plan.ts';
import type { StudyKind } from '../../../src-shared/studies/define-study.ts';
import type { StudyResult } from '../../../src-shared/studies/index.ts';

/** Looks up the score of a key of the plan. @throws RangeError for an unknown key */
export type ScoreOf = (key: string) => Score;

/** Looks up the table of masks of a key of the plan. @throws RangeError for an unknown key */
export type TableOf = (key: string) => MaskTable;

interface Work<Config, Result> {
  /** All trainings, scores and tables of masks needed, in their preferred order, without duplicates. */
  plan(config: Config): JobSpec[];
  /**
   * Work that depends on the scores so far, for plans in rounds such as "sweep the learning rate, then train at the best".
   * Asked after each round, the first being `plan`, until it returns none; keys are new ones.
   */
  next?(config: Config, scoreOf: ScoreOf, finishedRounds: number): JobSpec[];
  fold(config: Config, scoreOf: ScoreOf, tableOf: TableOf): Result;
}

/** Implementation of any kind of study. */
export interface StudyWork extends Pick<Work<unknown, StudyResult>, 'plan'> {
  readonly kind: string;
  next(config: unknown, scoreOf: ScoreOf, finishedRounds: number): JobSpec[];
  /** Tables may be left out of kinds that plan none. */
  fold(config: unknown, scoreOf: ScoreOf, tableOf?: TableOf): StudyResult;
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
    next: (config, scoreOf, finishedRounds) => work.next?.(configSchema.parse(config), scoreOf, finishedRounds) ?? [],
    fold: (config, scoreOf, tableOf = noTable) => work.fold(configSchema.parse(config), scoreOf, tableOf),
  };
}

function noTable(key: string): never {
  throw new RangeError(`The plan has no table of masks "${key}".`);
}
