import type { BenchmarkResult, BenchmarkScore, BenchmarkTask } from '../domain/benchmark.ts';

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
