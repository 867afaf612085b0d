import { z } from 'zod';
import { StudioError } from '../contract/errors.ts';
import type { ScoredTask } from '../domain/studies/plan.ts';
import { contributionStudy } from './adapters/contribution.ts';
import { pruningStudy } from './adapters/pruning.ts';
import type { StudyKind } from './define-study.ts';
import { ablationStudy } from './grid/ablation.ts';
import { sweepStudy } from './grid/sweep.ts';
import { interpolationStudy } from './interpolation/interpolation.ts';
import { planeStudy } from './interpolation/plane.ts';
import { mergingStudy } from './merging/merging.ts';
import { mergeabilityStudy } from './task-sets/mergeability.ts';
import { multitaskStudy } from './task-sets/multitask.ts';
import { trajectoryStudy } from './trajectory/trajectory.ts';

/** Every kind of study, in display order. */
const kinds = [
  interpolationStudy,
  planeStudy,
  pruningStudy,
  contributionStudy,
  mergingStudy,
  multitaskStudy,
  mergeabilityStudy,
  ablationStudy,
  sweepStudy,
  trajectoryStudy,
] as const;

export const studyKinds: readonly StudyKind[] = kinds;

const [firstKind, ...otherKinds] = kinds;
const currentConfigSchema = z.discriminatedUnion('kind', [
  firstKind.configSchema,
  ...otherKinds.map(({ configSchema }) => configSchema),
]);
const currentResultSchema = z.discriminatedUnion('kind', [
  firstKind.resultSchema,
  ...otherKinds.map(({ resultSchema }) => resultSchema),
]);
/** Files and homes of older versions may use an earlier id of a kind. */
export const studyConfigSchema = z.preprocess(withCurrentKind, currentConfigSchema);
export const studyResultSchema = z.preprocess(withCurrentKind, currentResultSchema);
export type StudyConfig = z.infer<typeof currentConfigSchema>;
export type StudyResult = z.infer<typeof currentResultSchema>;

/** The task whose questions a study scores in place of the test examples of a dataset; null: none. */
export function scoredTaskOf(config: StudyConfig, dataset: string): ScoredTask | null {
  if ('score' in config && config.score !== undefined) return config.score;
  return ('tasks' in config ? config.tasks.find((task) => task.dataset === dataset)?.score : null) ?? null;
}

/** Finds a kind by its current or an earlier id. @throws StudioError invalid_input listing the kinds */
export function studyKind(id: string): StudyKind {
  const found = findKind(id);
  if (found !== undefined) return found;
  throw new StudioError(
    'invalid_input',
    `There is no kind of study "${id}".`,
    `Choose one of ${studyKinds.map(({ kind }) => kind).join(', ')}.`,
  ).at('kind');
}

function findKind(id: unknown): StudyKind | undefined {
  return studyKinds.find(({ kind, formerKinds }) => kind === id || formerKinds.some((former) => former === id));
}

function withCurrentKind(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return value;
  const known = findKind(value.kind);
  return known === undefined ? value : { ...value, kind: known.kind };
}
