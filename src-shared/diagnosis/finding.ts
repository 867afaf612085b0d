import type { AdapterSettings } from '../domain/adapters/adapter.ts';
import type { DataStep } from '../domain/data/data-steps.ts';
import type { DatasetDescription, TextExample } from '../domain/data/dataset.ts';
import type { DiagnosedFinding } from '../domain/runs/diagnosis.ts';
import type { RunConfig, RunRecord } from '../domain/runs/run.ts';
import type { ActivationShares, Curve } from '../domain/runs/run-history.ts';
import type { RunSamples } from '../domain/runs/run-samples.ts';
import type { TaskId } from '../tasks/index.ts';

/** Stored record of a run, which findings are based on. Null: not known. */
export interface RunEvidence {
  readonly run: Pick<RunRecord, 'config' | 'status' | 'error' | 'facts' | 'result'>;
  /** Task that the run learns. */
  readonly task: TaskId | null;
  /** By metric; those that the findings name in `curves`. */
  readonly curves: ReadonlyMap<string, Curve>;
  readonly masks: ActivationShares | null;
  readonly samples: RunSamples;
  readonly dataset: DatasetDescription | null;
  /** The first training examples of a text dataset. */
  readonly examples: readonly Pick<TextExample, 'text' | 'prompt' | 'label'>[];
  /** Token counts of the first training examples, and the longest text that the base reads. */
  readonly lengths: { readonly lengths: readonly number[]; readonly maxPositions: number } | null;
}

/** Value of a setting. */
type SettingValue = number | string | boolean | null | readonly (number | string)[];

/** Numbers that support a finding, and the remedy. */
export interface Found {
  /** One sentence with the numbers. */
  readonly evidence: string;
  /** One sentence. */
  readonly advice: string;
  /** Settings that carry the advice out; absent: no setting does. */
  readonly changes?: Readonly<Partial<Record<keyof RunConfig | `adapter.${keyof AdapterSettings}`, SettingValue>>>;
  /** Page on which the advice is carried out, if not by settings. */
  readonly opens?: 'dataset';
  /** Steps of the dataset that carry the advice out. */
  readonly dataSteps?: readonly DataStep[];
}

/** Something that can be wrong with a run: one file, and one line of the list in `index.ts`. */
export interface Finding {
  readonly id: string;
  readonly label: string;
  readonly severity: DiagnosedFinding['severity'];
  /** Metrics of the history that the finding reads; a name that ends in `/` is a prefix. */
  readonly curves: readonly string[];
  /** Ids of findings that make this one redundant: they name the cause, or the same thing more precisely. */
  readonly impliedBy?: readonly string[];
  /** Null where the record does not show it. Silence is better than a guess. */
  find(evidence: RunEvidence): Found | null;
}

/** True once no further step of the run will come, whatever its end. */
export function hasEnded({ run: { status } }: RunEvidence): boolean {
  return status !== 'queued' && status !== 'running' && status !== 'paused';
}
