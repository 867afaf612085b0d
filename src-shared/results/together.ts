import type { RunInfo } from '../domain/runs/run-info.ts';

/** Describes joint training with other runs; null: the run was trained alone. */
export function togetherText({ runsTogether }: Pick<RunInfo, 'runsTogether'>): string | null {
  if (runsTogether === 1) return null;
  const others = runsTogether === 2 ? 'one other run' : `${runsTogether - 1} other runs`;
  return `with ${others} in one pass; step times are this run's part`;
}
