import type { z } from 'zod';
import { nearestName } from '../format/nearest-name.ts';
import { nearestIssues } from './errors.ts';
import { keysAt } from './schema-keys.ts';

/** The keys that a schema does not know, each with the one that was likely meant; null where none is near. */
export function unknownKeys(
  schema: z.core.$ZodType,
  { issues }: { readonly issues: readonly z.core.$ZodIssue[] },
): { readonly path: readonly PropertyKey[]; readonly key: string; readonly meant: string | null }[] {
  return issues.flatMap(nearestIssues).flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') return [];
    const known = keysAt(schema, issue.path);
    return issue.keys.map((key) => ({ path: issue.path, key, meant: nearestName(key, known) }));
  });
}

/** "Did you mean learning_rate?"; null where nothing is near. */
export function didYouMean(unknown: readonly { readonly meant: string | null }[]): string | null {
  const meant = unknown.flatMap((one) => one.meant ?? []);
  return meant.length === 0 ? null : `Did you mean ${meant.join(', ')}?`;
}
