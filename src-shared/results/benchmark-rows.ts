import type { BenchmarkResult, BenchmarkTask } from '../domain/benchmark.ts';

/** A task or a group as a table has it, with the number of its few-shot examples as text. */
interface BenchmarkRow {
  readonly task: BenchmarkTask;
  readonly shots: string;
}

/** The tasks of a benchmark, then its groups, which have no number of few-shot examples: that of their tasks may differ. */
export function benchmarkRows({ tasks, groups }: BenchmarkResult): BenchmarkRow[] {
  return [
    ...tasks.map((task) => ({ task, shots: String(task.shots) })),
    ...groups.map((group) => ({ task: group, shots: '' })),
  ];
}
