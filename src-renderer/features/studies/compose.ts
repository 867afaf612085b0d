import { z } from 'zod';
import { describeIssues } from '../../../src-shared/contract/errors.ts';
import type { StudyInput, StudyKind } from '../../../src-shared/studies/define-study.ts';
import { type StudyConfig, studyConfigSchema } from '../../../src-shared/studies/index.ts';

/** The study that was chosen, or in one sentence why there can be none. */
export type Composed =
  | { readonly config: StudyConfig; readonly reason: null }
  | { readonly config: null; readonly reason: string };

export function compose(kind: Pick<StudyKind, 'compose'>, input: StudyInput): Composed {
  try {
    return { config: studyConfigSchema.parse(kind.compose(input)), reason: null };
  } catch (thrown) {
    if (thrown instanceof z.ZodError) return { config: null, reason: `${describeIssues(thrown)}.` };
    return { config: null, reason: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}
