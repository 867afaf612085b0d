import type { DatasetRecord } from '../../../src-shared/domain/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/model.ts';
import type { RunRecord } from '../../../src-shared/domain/run.ts';
import type { ActivationShares, Curve } from '../../../src-shared/domain/run-history.ts';
import type { StudyRecord } from '../../../src-shared/domain/study.ts';
import type { StudyWords } from '../../../src-shared/studies/define-study.ts';
import { adapterVariants } from '../../engine/adapters/variants/index.ts';
import { mergeMethods } from '../../engine/merge/index.ts';

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
  const label = variantName(run.config.adapter.variant);
  return run.config.coto === null ? label : `${label} + CoTo`;
}

/** A variant's label; the id of one that this version does not have. */
export function variantName(id: string): string {
  return adapterVariants.find(({ declaration }) => declaration.id === id)?.declaration.label ?? id;
}

/** What methods are called in tables and figures. */
export const studyWords: StudyWords = {
  mergeMethod: (id) => mergeMethods.find(({ declaration }) => declaration.id === id)?.declaration.label ?? id,
};

/** Test examples behind the accuracies, where they are all alike. */
export function commonExamples(runs: readonly RunRecord[], studies: readonly StudyRecord[]): number | null {
  const counts = new Set([
    ...runs.flatMap((run) => run.facts?.evalExamples ?? []),
    ...studies.flatMap((study) => study.result?.examples ?? []),
  ]);
  const [only] = counts;
  return counts.size === 1 && only !== undefined ? only : null;
}
