import type { RunRecord } from '../domain/run.ts';
import type { StudyRecord } from '../domain/study.ts';

/** The figures of one column: one for each seed, or a single one where seeds are merged. */
export interface TableCell {
  readonly mean: number | null;
  readonly values: readonly { readonly seed: number | null; readonly value: number }[];
}

/** `percent` and `points` are fractions here (0.763, 0.051) and shown times 100. */
export type TableUnit = 'percent' | 'points' | 'loss' | 'milliseconds' | 'share';

export interface TableRow {
  readonly id: string;
  readonly label: string;
  readonly unit: TableUnit;
  readonly better: 'higher' | 'lower' | null;
  readonly lora: TableCell;
  readonly coto: TableCell;
}

const mergedLabels = new Map([
  ['factor-average', 'Merged by factors'],
  ['weight-average', 'Merged by ΔW average'],
  ['ensemble', 'Output ensemble'],
]);

/** The demo study as rows: every figure of its runs and studies with CoTo beside the same without. What is missing is left out. */
export function demoTable(runs: readonly RunRecord[], studies: readonly StudyRecord[]): TableRow[] {
  const results = studies.flatMap((study) => study.result ?? []);
  const rows = [
    row('alone', 'Alone', 'percent', 'higher', (coto) => perSeed(runs, coto, (result) => result.accuracy)),
    ...results.flatMap((result) => (result.kind === 'merging' ? mergingRows(result) : [])),
    ...results.flatMap((result) => (result.kind === 'lambda' ? lambdaRows(result) : [])),
    ...results.flatMap((result) => (result.kind === 'pruning' ? pruningRows(result) : [])),
    // The mean: CoTo saves most in the early steps, which a median would not show.
    row('step', 'Step time (mean)', 'milliseconds', 'lower', (coto) =>
      perSeed(runs, coto, (result) => result.meanStepMilliseconds),
    ),
    row('step-median', 'Step time (median)', 'milliseconds', 'lower', (coto) =>
      perSeed(runs, coto, (result) => result.medianStepMilliseconds),
    ),
    row('active', 'Layers on (mean)', 'share', null, (coto) => perSeed(runs, coto, (result) => result.meanActiveShare)),
  ];
  return rows.filter(({ lora, coto }) => lora.values.length + coto.values.length > 0);
}

type Result = NonNullable<StudyRecord['result']>;
type ResultOf<Kind extends Result['kind']> = Extract<Result, { kind: Kind }>;

function mergingRows({ groups }: ResultOf<'merging'>): TableRow[] {
  const methods = [...new Set(groups.flatMap((group) => group.merged.map(({ method }) => method)))];
  return methods.map((method) =>
    row(`merged/${method}`, mergedLabels.get(method) ?? `Merged by ${method}`, 'percent', 'higher', (coto) =>
      groups
        .filter((group) => group.coto === coto)
        .flatMap((group) => group.merged)
        .filter((score) => score.method === method)
        .map(({ accuracy }) => ({ seed: null, value: accuracy })),
    ),
  );
}

function lambdaRows({ pairs }: ResultOf<'lambda'>): TableRow[] {
  const of = (value: (pair: (typeof pairs)[number]) => number) => (coto: boolean) =>
    pairs.filter((pair) => pair.coto === coto).map((pair) => ({ seed: null, value: value(pair) }));
  return [
    row(
      'barrier/accuracy',
      'λ barrier, accuracy',
      'points',
      'lower',
      of((pair) => pair.accuracyBarrier),
    ),
    row(
      'barrier/loss',
      'λ barrier, loss',
      'loss',
      'lower',
      of((pair) => pair.lossBarrier),
    ),
  ];
}

function pruningRows({ adapters }: ResultOf<'pruning'>): TableRow[] {
  const labels = [...new Set(adapters.flatMap((adapter) => adapter.patterns.map(({ label }) => label)))];
  const sparsities = [...new Set(adapters.flatMap((adapter) => adapter.sparsities.map(({ sparsity }) => sparsity)))];
  const of = (accuracy: (adapter: (typeof adapters)[number]) => number | undefined) => (coto: boolean) =>
    adapters
      .filter((adapter) => adapter.coto === coto)
      .flatMap((adapter) => {
        const value = accuracy(adapter);
        return value === undefined ? [] : [{ seed: adapter.seed, value }];
      });
  return [
    ...labels.map((label) =>
      row(
        `pattern/${label}`,
        label,
        'percent',
        'higher',
        of(({ patterns }) => patterns.find((one) => one.label === label)?.accuracy),
      ),
    ),
    ...sparsities.map((sparsity) =>
      row(
        `sparsity/${sparsity}`,
        `${Number((sparsity * 100).toFixed(2))} % of the factors zeroed`,
        'percent',
        'higher',
        of((adapter) => adapter.sparsities.find((one) => one.sparsity === sparsity)?.accuracy),
      ),
    ),
  ];
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

function row(
  id: string,
  label: string,
  unit: TableUnit,
  better: TableRow['better'],
  values: (coto: boolean) => TableCell['values'],
): TableRow {
  return { id, label, unit, better, lora: cell(values(false)), coto: cell(values(true)) };
}

function cell(values: TableCell['values']): TableCell {
  const sum = values.reduce((total, { value }) => total + value, 0);
  return { mean: values.length === 0 ? null : sum / values.length, values };
}

/** "76.3", "5.1", "0.123", "48.0": a figure in the unit's own writing, without the unit. */
export function formatFigure(value: number, unit: TableUnit): string {
  switch (unit) {
    case 'percent':
    case 'points':
    case 'share':
      return (100 * value).toFixed(1);
    case 'loss':
      return value.toFixed(3);
    case 'milliseconds':
      return value.toFixed(1);
  }
}

/** What stands behind a row's label. */
export const unitLabels: Record<TableUnit, string> = {
  percent: '%',
  points: 'points',
  loss: 'nats',
  milliseconds: 'ms',
  share: '%',
};
