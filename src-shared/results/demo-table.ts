import type { RunRecord } from '../domain/runs/run.ts';
import type { StudyRecord } from '../domain/studies/study.ts';
import { studyKind } from '../studies/index.ts';
import { comparisonRow, type TableCell, type TableRow } from './comparison-row.ts';

/** The demo study as rows: every value of its runs and studies with and without CoTo. Missing values are omitted. */
export function demoTable(runs: readonly RunRecord[], studies: readonly StudyRecord[]): TableRow[] {
  const rows = [
    comparisonRow('alone', 'Alone', 'percent', 'higher', (coto) => perSeed(runs, coto, (result) => result.accuracy)),
    comparisonRow('forgetting', 'Forgetting', 'loss', 'lower', (coto) =>
      perSeed(runs, coto, ({ forgetting }) =>
        forgetting?.measure === 'embedding-drift' ? null : (forgetting?.rise ?? null),
      ),
    ),
    ...studies.flatMap(({ kind, result }) => (result === null ? [] : studyKind(kind).comparison(result))),
    // The mean: CoTo saves most in the early steps, which a median would not show.
    comparisonRow('step', 'Step time (mean)', 'milliseconds', 'lower', (coto) =>
      perSeed(runs, coto, (result) => result.meanStepMilliseconds),
    ),
    comparisonRow('step-median', 'Step time (median)', 'milliseconds', 'lower', (coto) =>
      perSeed(runs, coto, (result) => result.medianStepMilliseconds),
    ),
    comparisonRow('active', 'Layers on (mean)', 'share', null, (coto) =>
      perSeed(runs, coto, (result) => result.meanActiveShare),
    ),
  ];
  return rows.filter(({ lora, coto }) => lora.values.length + coto.values.length > 0);
}

function perSeed(
  runs: readonly RunRecord[],
  coto: boolean,
  value: (result: NonNullable<RunRecord['result']>) => number | null,
): TableCell['values'] {
  return runs
    .filter((run) => (run.config.coto !== null) === coto)
    .flatMap((run) => {
      const found = run.result === null ? null : value(run.result);
      return found === null ? [] : [{ seed: run.config.seed, value: found }];
    });
}
