import type { ReportSectionId } from '../../../src-shared/domain/app/report.ts';
import type { DatasetRecord } from '../../../src-shared/domain/data/dataset.ts';
import type { ModelRecord } from '../../../src-shared/domain/models/model.ts';
import type { DiagnosedFinding } from '../../../src-shared/domain/runs/diagnosis.ts';
import type { RunRecord } from '../../../src-shared/domain/runs/run.ts';
import type { ActivationShares, Curve } from '../../../src-shared/domain/runs/run-history.ts';
import type { RunSamples } from '../../../src-shared/domain/runs/run-samples.ts';
import type { TunedVerdict } from '../../../src-shared/domain/runs/tuned.ts';
import type { StudyRecord } from '../../../src-shared/domain/studies/study.ts';
import type { StudyWords } from '../../../src-shared/studies/define-study.ts';
import { adapterVariants } from '../../engine/api/adapters.ts';
import { studyWords } from '../studies/study-words.ts';

export interface ReportOptions {
  /** Absolute path of the HTML file; CSV and JSON are written next to it under the same name. */
  readonly path: string;
  readonly name: string;
  /** A text of the user below the title; may be empty. */
  readonly note: string;
  readonly sections: readonly ReportSectionId[];
  readonly runs: readonly RunRecord[];
  readonly studies: readonly StudyRecord[];
  readonly models: readonly ModelRecord[];
  readonly datasets: readonly DatasetRecord[];
  /** Curves of the loss and of evaluations by run id, then by name. */
  readonly curves: ReadonlyMap<string, ReadonlyMap<string, Curve>>;
  /** Active groups by run id; null or absent if a run recorded no masks. */
  readonly activation: ReadonlyMap<string, ActivationShares | null>;
  /** Answers of the runs at their evaluations, by run id. */
  readonly samples: ReadonlyMap<string, RunSamples>;
  /** Findings about the runs by run id; empty where the section is left out. */
  readonly diagnoses: ReadonlyMap<string, readonly DiagnosedFinding[]>;
  /** The file that makes a study again, by study id. */
  readonly studyYaml: ReadonlyMap<string, string>;
  /** Verdicts on the tuning of the learning rates, for the runs' comparison and for each study by its id. */
  readonly tuned: { readonly runs: TunedVerdict | null; readonly studies: ReadonlyMap<string, TunedVerdict | null> };
  /** Absolute path of the plotly bundle to inline into the page. */
  readonly plotlyScript: string;
  /** Absolute path of the folder of the typeface, likewise inlined. */
  readonly fonts: string;
  /** Milliseconds since 1970; now by default. */
  readonly createdAt?: number;
}

/** Label of a run's kind: "LoRA", "LoRA + CoTo". */
export function methodLabel(run: RunRecord): string {
  const label = variantName(run.config.adapter.variant);
  return run.config.coto === null ? label : `${label} + CoTo`;
}

/** A variant's label, or its id if this version does not know it. */
export function variantName(id: string): string {
  return adapterVariants.find(({ declaration }) => declaration.id === id)?.declaration.label ?? id;
}

/** Adds the names of the adapters of these runs to the labels of methods. */
export function wordsOf(runs: readonly RunRecord[]): StudyWords {
  return {
    ...studyWords,
    adapterName(adapter) {
      if ('run' in adapter) return adapter.name ?? null;
      const run = runs.find(({ id, adapterId }) =>
        'runId' in adapter ? id === adapter.runId : adapterId === adapter.adapterId,
      );
      return run?.name ?? null;
    },
  };
}

/** Number of test examples behind the accuracies, if it is the same for all. */
export function commonExamples(runs: readonly RunRecord[], studies: readonly StudyRecord[]): number | null {
  const counts = new Set([
    ...runs.flatMap((run) => run.facts?.evalExamples ?? []),
    ...studies.flatMap((study) => study.result?.examples ?? []),
  ]);
  const [only] = counts;
  return counts.size === 1 && only !== undefined ? only : null;
}
