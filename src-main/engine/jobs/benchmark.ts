import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { BenchmarkScore, BenchmarkTask } from '../../../src-shared/domain/evaluation/benchmark.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import { generations, requireRoom } from '../benchmarks/generations.ts';
import { likelihoods, rollingLikelihoods, type ScoringProgress } from '../benchmarks/likelihoods.ts';
import type { PreparedTask } from '../benchmarks/prepared-task.ts';
import { scoreLikelihoods, scoreTexts } from '../benchmarks/score-task.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, EngineTaskOf } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import { readEndTokens } from '../generation/end-tokens.ts';
import { requireLanguageHead } from '../generation/require-language-head.ts';
import { loadBaseModel } from '../models/load-model.ts';
import { loadTokenizer } from '../tokenization/tokenizer.ts';
import { ProgressMeter } from '../training/progress-meter.ts';
import { defineEngineJob } from './define-job.ts';
import { loadingProgress } from './loading-progress.ts';

/** Runs every task on the base and on each adapter. */
export async function runBenchmarkTask(
  task: EngineTaskOf<'benchmark'>,
  context: TaskContext,
): Promise<EngineResultOf<'benchmark'>> {
  const started = performance.now();
  await activateCompute(task.compute, task.threads);
  const tokenizer = await loadTokenizer(task.modelDirectory);
  const endTokens = await readEndTokens(task.modelDirectory);
  const base = await loadBaseModel(task.modelDirectory, loadingProgress(context));
  const columns: BenchmarkScore[][][] = [];
  try {
    if (base.description.kind !== 'causal-lm')
      throw new StudioError('refused', 'These tasks are for language models.', 'Choose a language model.');
    for (const one of task.tasks) requireRoom(one, base.description);
    const perColumn = task.tasks.reduce((sum, { questions }) => sum + questions.length, 0);
    const meter = new ProgressMeter(context, 'Evaluating', perColumn * task.adapterDirectories.length, 'examples');
    meter.startAt(0);
    let before = 0;
    for (const directory of task.adapterDirectories) {
      const model = new AdaptedModel(base);
      try {
        if (directory !== null) {
          model.loadState(await readAdapter(directory, base.description));
          requireLanguageHead(model, directory);
        }
        const scores: BenchmarkScore[][] = [];
        for (const one of task.tasks) {
          const done = before;
          const progress: ScoringProgress = {
            onProgress: (count) => meter.at(done + count),
            cancelled: async () => (await context.signal()) !== null,
          };
          scores.push(
            one.outputType === 'generate_until'
              ? scoreTexts(one, await generations(model, tokenizer, endTokens, one, progress))
              : scoreLikelihoods(one, await likelihoodsOf(one)(model, tokenizer, one, progress)),
          );
          before += one.questions.length;
        }
        columns.push(scores);
      } finally {
        model.dispose();
      }
    }
  } finally {
    base.dispose();
  }
  const tasks = task.tasks.map((one, index) =>
    described(
      one,
      columns.map((scores) => scores[index] ?? []),
    ),
  );
  return { kind: 'benchmark', result: { tasks, groups: [], seconds: (performance.now() - started) / 1000 } };
}

export const benchmarkJob = defineEngineJob('benchmark', runBenchmarkTask);

/** Selects the computation of a task's likelihoods: of continuations, or of whole texts. */
function likelihoodsOf({ outputType }: PreparedTask): typeof likelihoods {
  return outputType === 'loglikelihood_rolling' ? rollingLikelihoods : likelihoods;
}

function described(task: PreparedTask, columns: BenchmarkScore[][]): BenchmarkTask {
  const { name, file, outputType, version, shots, total, config, metrics, questions } = task;
  const higherIsBetter = Object.fromEntries(metrics.map((metric) => [metric.name, metric.higherIsBetter]));
  return { name, file, outputType, version, shots, total, config, higherIsBetter, columns, examples: questions.length };
}
