import type { RunInfo } from '../domain/runs/run-info.ts';

/** "4.2 % of their tokens are padding, 31.0 % in the plain order" */
export function paddingText({ grouped, shuffled }: NonNullable<RunInfo['paddingShare']>): string {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return `${percent(grouped)} of their tokens are padding, ${percent(shuffled)} in the plain order`;
}
