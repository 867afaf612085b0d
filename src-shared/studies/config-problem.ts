import type { z } from 'zod';
import { describeIssues, nearestIssues } from '../contract/errors.ts';
import { nearestName } from '../format/nearest-name.ts';
import type { StudyKind } from './define-study.ts';
import { keysAt } from './schema-keys.ts';

/** What is wrong with a study's config, and the way out: of keys that nobody knows, those that may have been meant. */
export function configProblem(
  { configSchema, declaration }: Pick<StudyKind, 'configSchema' | 'declaration'>,
  error: Pick<z.ZodError, 'issues'>,
): { readonly message: string; readonly hint: string } {
  const unknown = error.issues
    .flatMap(nearestIssues)
    .flatMap((issue) => (issue.code === 'unrecognized_keys' ? [{ keys: issue.keys, path: issue.path }] : []));
  const [first] = unknown;
  const keysOf = (path: readonly PropertyKey[]) => [...new Set(keysAt(configSchema, path))];
  const has = (path: readonly PropertyKey[]) =>
    `${path.length === 0 ? declaration.label : path.join('.')} has the keys ${keysOf(path).join(', ')}.`;
  if (first === undefined) return { message: describeIssues(error), hint: has([]) };
  // What is missing there is likely what the unknown keys were meant to be.
  const message = unknown.flatMap(({ keys, path }) => keys.map((key) => [...path, key].join('.'))).join(', ');
  const meant = unknown.flatMap(({ keys, path }) => keys.flatMap((key) => nearestName(key, keysOf(path)) ?? []));
  const question = meant.length === 0 ? [] : [`Did you mean ${meant.join(', ')}?`];
  return { message: `there is no key ${message}`, hint: [...question, has(first.path)].join(' ') };
}
