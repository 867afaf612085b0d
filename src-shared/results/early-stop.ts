import type { RunRecord } from '../domain/runs/run.ts';
import type { RunInfo } from '../domain/runs/run-info.ts';

type StoppedRun = Pick<RunRecord, 'config' | 'result'> & { readonly facts: Pick<RunInfo, 'totalSteps'> | null };

/** "Stopped early at step 120 of 600: 3 evaluations without improvement of f1_macro, which was best at step 60."; null for other runs. */
export function earlyStop({ config, facts, result }: StoppedRun): string | null {
  if (result?.stoppedEarly !== true) return null;
  const patience = config.early_stopping_patience;
  const evaluations = `${patience} evaluation${patience === 1 ? '' : 's'} without improvement`;
  const best = result.best === null ? '' : ` of ${result.best.metric}, which was best at step ${result.best.step}`;
  return `Stopped early at step ${result.steps}${facts === null ? '' : ` of ${facts.totalSteps}`}: ${evaluations}${best}.`;
}
