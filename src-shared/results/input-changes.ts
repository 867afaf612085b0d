import type { RunInfo } from '../domain/runs/run-info.ts';

/** "Resumed anyway at step 120. The dataset "reviews" has changed …"; null for runs on unchanged files. */
export function inputChangesText(facts: Pick<RunInfo, 'inputChanges'> | null): string | null {
  const changes = facts?.inputChanges ?? [];
  return changes.length === 0
    ? null
    : changes.map(({ step, text }) => `Resumed anyway at step ${step}. ${text}`).join(' ');
}
