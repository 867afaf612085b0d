import type { DatasetRecord } from '../../../src-shared/domain/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/model.ts';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import type { ActivationShares, Curve } from '../../../src-shared/domain/run-history.ts';
import type { StudyRecord } from '../../../src-shared/domain/study.ts';

export interface ReportOptions {
  /** Absolute path of the HTML file; CSV and JSON are written beside it under the same name. */
  readonly path: string;
  readonly name: string;
  readonly runs: readonly RunRecord[];
  readonly studies: readonly StudyRecord[];
  readonly models: readonly ModelRecord[];
  readonly datasets: readonly DatasetRecord[];
  /** The training loss by run id. */
  readonly losses: ReadonlyMap<string, Curve>;
  /** Which groups were on, by run id; null or absent where a run kept no masks. */
  readonly activation: ReadonlyMap<string, ActivationShares | null>;
  /** Absolute path of the plotly bundle whose text goes into the page. */
  readonly plotlyScript: string;
  /** Milliseconds since 1970; now where it is left out. */
  readonly createdAt?: number;
}

/** "LoRA", "LoRA + CoTo": what runs of one kind are called. */
export function methodLabel(run: RunRecord): string {
  const { variant } = run.config.adapter;
  const known: Record<string, string> = {
    lora: 'LoRA',
    rslora: 'rsLoRA',
    dora: 'DoRA',
    'dora-rslora': 'DoRA (rsLoRA scaling)',
  };
  const label = Object.hasOwn(known, variant) ? (known[variant] ?? variant) : variant;
  return run.config.coto === null ? label : `${label} + CoTo`;
}

/** Test examples behind the accuracies, where they are all alike. */
export function commonExamples(runs: readonly RunRecord[], studies: readonly StudyRecord[]): number | null {
  const counts = new Set([
    ...runs.flatMap((run) => run.facts?.evalExamples ?? []),
    ...studies.flatMap((study) => study.result?.examples ?? []),
  ]);
  const [only] = counts;
  return counts.size === 1 && only !== undefined ? only : null;
}
