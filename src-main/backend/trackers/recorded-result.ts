import type { RunResult } from '../../../src-shared/domain/runs/run.ts';
import type { MetricColumn } from '../../../src-shared/domain/runs/run-history.ts';
import { lossCurve } from '../../../src-shared/metrics/curves.ts';
import { evaluatedMetric, recordedScores } from '../../../src-shared/metrics/recorded.ts';
import type { RecordedRun } from '../reading/run-schemas.ts';

/** Results of a recorded run: its last values. Times are 0 where it has none. */
export function recordedResult({ columns, startedAt, finishedAt }: RecordedRun): RunResult {
  const column = (name: string): MetricColumn | null => columns.find((one) => one.name === name) ?? null;
  const last = (name: string): number | null => column(name)?.values.at(-1) ?? null;
  const training = columns.filter(({ name }) => !/^(eval|test)_/.test(name));
  const lastStep = training.reduce((latest, { steps }) => Math.max(latest, steps.at(-1) ?? 0), 0);
  const evaluations = columns.filter(
    ({ name }) => evaluatedMetric(name) !== null && !/_(runtime|per_second)$/.test(name),
  );
  const shares = column('active_share')?.values ?? new Float64Array();
  const seconds = last('train_runtime') ?? ((finishedAt ?? 0) - (startedAt ?? 0)) / 1000;
  const stepMilliseconds = lastStep > 0 ? (seconds * 1000) / lastStep : 0;
  const { accuracy, loss, metrics } = recordedScores(
    evaluations.map(({ name, values }) => [name, values.at(-1)] as const),
  );
  return {
    steps: lastStep,
    accuracy,
    evalLoss: loss,
    trainLoss: last(lossCurve.metric),
    metrics: { ...metrics, ...(accuracy === null ? {} : { accuracy }) },
    best: null,
    stoppedEarly: false,
    forgetting: null,
    meanStepMilliseconds: stepMilliseconds,
    medianStepMilliseconds: median(column('step_milliseconds')?.values) ?? stepMilliseconds,
    meanActiveShare: shares.length === 0 ? 1 : shares.reduce((sum, share) => sum + share, 0) / shares.length,
    trainSeconds: seconds,
  };
}

function median(values: Float64Array | undefined): number | null {
  return values?.slice().sort()[Math.floor(values.length / 2)] ?? null;
}
