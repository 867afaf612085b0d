import type { BenchmarkResult, BenchmarkScore, BenchmarkTask } from '../domain/evaluation/benchmark.ts';
import { formatFixed, formatNumber, formatSigned, missing } from '../format/numbers.ts';

/** A metric of a task or of a group, as a table has it. */
interface BenchmarkRow {
  readonly task: BenchmarkTask;
  readonly isFirstOfTask: boolean;
  /** The number of few-shot examples; empty for a group. */
  readonly shots: string;
  readonly metric: string;
  /** The metric with its filter: "exact_match (last-word)". */
  readonly label: string;
  /** In the order of the request. */
  readonly scores: readonly (BenchmarkScore | undefined)[];
}

/** The tasks of a benchmark, then its groups, which have no number of few-shot examples: that of their tasks may differ. */
export function benchmarkRows({ tasks, groups }: BenchmarkResult): BenchmarkRow[] {
  return [
    ...tasks.flatMap((task) => rowsOf(task, String(task.shots))),
    ...groups.flatMap((group) => rowsOf(group, '')),
  ];
}

function rowsOf(task: BenchmarkTask, shots: string): BenchmarkRow[] {
  return (task.columns[0] ?? []).map(({ metric, filter }, row) => ({
    task,
    isFirstOfTask: row === 0,
    shots,
    metric,
    label: filter === 'none' ? metric : `${metric} (${filter})`,
    scores: task.columns.map((column) => column[row]),
  }));
}

/** Values of benchmarks, e.g. perplexities, from which four decimals are noise. */
const large = 10_000;

/** A value of lm-eval's metrics, to four decimals as lm-eval shows it; "∞" for a perplexity beyond every number. */
export function benchmarkValueText(score: Pick<BenchmarkScore, 'value'> | undefined): string {
  if (score === undefined) return missing;
  return score.value === null ? '∞' : decimals(score.value);
}

/** The standard error of a value, "± 0.0123"; "" without one. */
export function standardErrorText(score: BenchmarkScore | undefined): string {
  return score?.stderr == null ? '' : `± ${decimals(score.stderr)}`;
}

/** A difference of values, with its sign. */
export function signedValueText(value: number): string {
  return Math.abs(value) < large ? formatSigned(value, 4) : `${value > 0 ? '+' : ''}${formatNumber(value, 5)}`;
}

function decimals(value: number): string {
  return Math.abs(value) < large ? formatFixed(value, 4) : formatNumber(value, 5);
}
