import type { BenchmarkScore, BenchmarkTask } from '../../../src-shared/domain/evaluation/benchmark.ts';
import type { TaskGroup } from './group-file.ts';

/** A score of one of a group's tasks, with the examples that it is of. */
interface Part {
  readonly score: BenchmarkScore;
  readonly size: number;
}

/** Averages of groups over their tasks, as lm-eval has them, in the form of a task's scores. */
export function groupScores(groups: readonly TaskGroup[], tasks: readonly BenchmarkTask[]): BenchmarkTask[] {
  return groups.map(({ name, file, version, config, averages, tasks: names }) => {
    const own = tasks.filter((task) => names.includes(task.name));
    const columns = (own[0]?.columns ?? []).map((_, column) =>
      averages.flatMap(({ metric, bySize, filters }) => {
        const parts = own.flatMap((task) =>
          (task.columns[column] ?? []).flatMap((score) =>
            score.metric === metric ? [{ score, size: task.examples }] : [],
          ),
        );
        const found = filters ?? [...new Set(parts.map(({ score }) => score.filter))].sort();
        return found.flatMap((filter) => {
          const some = parts.filter(({ score }) => score.filter === filter);
          return some.length === 0 ? [] : [{ metric, filter, ...average(some, bySize) }];
        });
      }),
    );
    const sum = (of: (task: BenchmarkTask) => number) => own.reduce((total, task) => total + of(task), 0);
    return {
      ...{ name, file, version, config, columns },
      outputType: 'group',
      shots: 0,
      examples: sum(({ examples }) => examples),
      total: sum(({ total }) => total),
      higherIsBetter: Object.assign({}, ...own.map(({ higherIsBetter }) => higherIsBetter)),
    };
  });
}

/** The mean, by examples or of tasks that count alike, and its standard error where each part has one. */
function average(parts: readonly Part[], bySize: boolean): Pick<BenchmarkScore, 'value' | 'stderr'> {
  const total = (of: (part: Part) => number) => parts.reduce((sum, part) => sum + of(part), 0);
  const weightOf = ({ size }: Part) => (bySize ? size : 1);
  const hasValues = parts.every(({ score }) => score.value !== null);
  const hasErrors = parts.every(({ score }) => score.stderr !== null);
  const value = total((part) => weightOf(part) * (part.score.value ?? 0)) / total(weightOf);
  const squared = ({ score }: Part) => (score.stderr ?? 0) ** 2;
  const examples = total(({ size }) => size);
  const stderr = bySize
    ? Math.sqrt(total((part) => (part.size - 1) * squared(part) * part.size) / (examples - parts.length) / examples)
    : Math.sqrt(total(squared)) / parts.length;
  return { value: hasValues ? value : null, stderr: hasErrors && Number.isFinite(stderr) ? stderr : null };
}
