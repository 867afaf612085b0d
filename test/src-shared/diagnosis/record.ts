import type { RunEvidence } from '../../../src-shared/diagnosis/finding.ts';
import { diagnose, findings } from '../../../src-shared/diagnosis/index.ts';
import { type DatasetDescription, datasetDescriptionSchema } from '../../../src-shared/domain/data/dataset.ts';
import {
  type RunConfig,
  type RunRecord,
  type RunResult,
  runConfigSchema,
  runResultSchema,
} from '../../../src-shared/domain/runs/run.ts';
import type { Curve } from '../../../src-shared/domain/runs/run-history.ts';
import { type RunInfo, runInfoSchema } from '../../../src-shared/domain/runs/run-info.ts';
import type { SampleAnswer } from '../../../src-shared/domain/runs/run-samples.ts';

interface Parts {
  readonly config?: Partial<RunConfig>;
  readonly status?: RunRecord['status'];
  readonly error?: RunRecord['error'];
  readonly facts?: Partial<RunInfo>;
  readonly result?: Partial<RunResult>;
  /** Values at the steps 0, 1, … by metric. */
  readonly curves?: Readonly<Record<string, readonly number[]>>;
  /** Values of evaluations at their steps, by metric. */
  readonly evaluations?: Readonly<Record<string, Readonly<Record<number, number>>>>;
  readonly rest?: Partial<Omit<RunEvidence, 'run' | 'curves'>>;
}

/** The record of a completed run with nothing in it but these parts. */
export function record({
  config,
  status = 'completed',
  error = null,
  facts,
  result,
  curves,
  evaluations,
  rest,
}: Parts) {
  const known = { totalSteps: 100, trainableParameters: 1, totalParameters: 2, trainExamples: 100, evalExamples: 1000 };
  const scores = { steps: 100, accuracy: null, evalLoss: null, trainLoss: null };
  const times = { meanStepMilliseconds: 1, medianStepMilliseconds: 1, meanActiveShare: 1, trainSeconds: 1 };
  const evidence: RunEvidence = {
    run: {
      config: runConfigSchema.parse({ ...config }),
      ...{ status, error },
      facts: runInfoSchema.parse({ ...known, groups: [], backend: 'native', threads: 1, ...facts }),
      result: status === 'running' ? null : runResultSchema.parse({ ...scores, ...times, ...result }),
    },
    task: 'image-classification',
    curves: new Map([
      ...Object.entries(curves ?? {}).map(([name, values]) => [name, curve(name, values)] as const),
      ...Object.entries(evaluations ?? {}).map(
        ([name, values]) => [name, curve(name, Object.values(values), Object.keys(values).map(Number))] as const,
      ),
    ]),
    masks: null,
    samples: { inputs: [], steps: [] },
    dataset: null,
    examples: [],
    lengths: null,
    ...rest,
  };
  return evidence;
}

function curve(metric: string, values: readonly number[], steps = values.map((_, at) => at)): Curve {
  const column = Float64Array.from(values);
  return {
    ...{ metric, width: 1, counts: new Uint32Array(values.length).fill(1) },
    ...{ steps: Float64Array.from(steps), ends: Int32Array.from(steps), min: column, max: column, mean: column },
  };
}

/** Ids of the findings about a record. */
export function found(evidence: RunEvidence): string[] {
  return diagnose(evidence).map(({ id }) => id);
}

/** The finding of one rule alone. */
export function findingOf(id: string, evidence: RunEvidence) {
  return findings.find((one) => one.id === id)?.find(evidence) ?? null;
}

/** `count` values on the line from `from` to `to`. */
export function line(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => from + ((to - from) * at) / (count - 1));
}

/** A dataset of texts with these parts. */
export function texts(parts: Record<string, unknown>, labels: readonly string[] = []): DatasetDescription {
  const none = { shape: 'columns', columnNames: [], labelKind: 'classes', splitRule: '', rowCount: 0, faultyRows: 0 };
  const columns = Object.fromEntries(
    ['text', 'text_pair', 'label', 'prompt', 'input', 'completion', 'messages'].map((name) => [name, null]),
  );
  const duplicates = { comparedRows: 0, withinTrain: 0, withinTest: 0, across: 0, nearComparedRows: 0, nearAcross: 0 };
  const { splits = [], duplicates: counts = {}, ...text } = { duplicates: {}, ...parts };
  return datasetDescriptionSchema.parse({
    ...{ task: 'text', labels: [...labels], image: null, splits, problems: [], sizeBytes: 0 },
    text: { ...none, columns, duplicates: { ...duplicates, ...Object(counts) }, ...text },
  });
}

/** Samples of a language model: references in the data, and answers of the last evaluation. */
export function written(references: readonly (string | null)[], answers: readonly Partial<SampleAnswer>[]) {
  return {
    inputs: references.map((reference, at) => ({ kind: 'prompt', text: `prompt ${at}`, reference }) as const),
    steps: [
      {
        step: 10,
        milliseconds: 1,
        answers: answers.map((one) => ({ text: '', probability: null, isRight: null, ...one })),
      },
    ],
  };
}
