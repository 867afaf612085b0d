import type { z } from 'zod';
import { describeIssues } from '../../contract/errors.ts';
import { keysAt } from '../../contract/schema-keys.ts';
import { didYouMean, unknownKeys } from '../../contract/unknown-keys.ts';
import type { StudyKind } from '../define-study.ts';

/** Describes the problem of a study's config and its solution; for unknown keys, suggests the intended ones. */
export function configProblem(
  { configSchema, declaration }: Pick<StudyKind, 'configSchema' | 'declaration'>,
  error: Pick<z.ZodError, 'issues'>,
): { readonly message: string; readonly hint: string } {
  const unknown = unknownKeys(configSchema, error);
  const has = (path: readonly PropertyKey[]) => {
    const keys = [...new Set(keysAt(configSchema, path))];
    return `${path.length === 0 ? declaration.label : path.join('.')} has the keys ${keys.join(', ')}.`;
  };
  const [first] = unknown;
  if (first === undefined) return { message: describeIssues(error), hint: has([]) };
  // Unknown keys are probably misspellings of the missing ones.
  const message = unknown.map(({ path, key }) => [...path, key].join('.')).join(', ');
  const question = didYouMean(unknown);
  return {
    message: `there is no key ${message}`,
    hint: [...(question === null ? [] : [question]), has(first.path)].join(' '),
  };
}
