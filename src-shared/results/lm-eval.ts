import type { BenchmarkChat, BenchmarkResult, BenchmarkTask } from '../domain/evaluation/benchmark.ts';

/** Run-level fields of lm-eval's output. */
export interface LmEvalRun extends BenchmarkChat {
  /** Name of the model, or of the adapter on it. */
  readonly name: string;
  readonly model: string;
  readonly limit: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly version: string;
}

/** One column of a benchmark as lm-eval writes a model's results: "acc,none" and "acc_stderr,none" for each task. */
export function lmEvalResults({ tasks, groups, seconds }: BenchmarkResult, column: number, run: LmEvalRun) {
  const of = <Value>(value: (task: BenchmarkTask) => Value, which = tasks) =>
    Object.fromEntries(which.map((task) => [task.name, value(task)]));
  const scores = (task: BenchmarkTask) => ({
    alias: task.name,
    ...Object.fromEntries(
      (task.columns[column] ?? []).flatMap(({ metric, filter, value, stderr }) => [
        [`${metric},${filter}`, value ?? 'N/A'],
        [`${metric}_stderr,${filter}`, stderr ?? 'N/A'],
      ]),
    ),
  });
  return {
    results: of(scores, [...tasks, ...groups]),
    ...(groups.length === 0 ? {} : { groups: of(scores, groups) }),
    group_subtasks: { ...of(() => []), ...of(({ config }) => config['task'], groups) },
    configs: of(({ config }) => config),
    // Groups have their version as a string.
    versions: { ...of(({ version }) => version), ...of(({ version }) => String(version ?? 'N/A'), groups) },
    'n-shot': { ...of(({ shots }) => shots), ...groupShots(groups, tasks) },
    higher_is_better: of(({ higherIsBetter }) => higherIsBetter, [...tasks, ...groups]),
    'n-samples': of(({ total, examples }) => ({ original: total, effective: examples })),
    config: { model: 'coto-studio', model_args: run.model, limit: run.limit === 0 ? null : run.limit },
    apply_chat_template: run.apply_chat_template,
    fewshot_as_multiturn: run.apply_chat_template && run.fewshot_as_multiturn,
    system_instruction: run.system_instruction,
    model_source: 'coto-studio',
    model_name: run.name,
    date: run.at / 1000,
    coto_studio_version: run.version,
    total_evaluation_time_seconds: String(seconds),
  };
}

/** The number of examples of the groups whose own tasks all have the same. */
function groupShots(groups: readonly BenchmarkTask[], tasks: readonly BenchmarkTask[]): Record<string, number> {
  return Object.fromEntries(
    groups.flatMap(({ name, config }) => {
      const names: unknown = config['task'];
      const own = tasks.filter((task) => Array.isArray(names) && names.includes(task.name));
      const [first, ...others] = new Set(own.map(({ shots }) => shots));
      return first === undefined || others.length > 0 ? [] : [[name, first]];
    }),
  );
}
