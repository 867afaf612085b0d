import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { GenerationResult, PairPrompt } from '../../../src-shared/domain/generation/generation.ts';
import { checkedParameters } from '../../../src-shared/domain/parameters/parameter-check.ts';
import { taskSettingsSchema } from '../../../src-shared/domain/runs/task.ts';
import { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { readAdapter } from '../adapters/peft/adapter-folder.ts';
import { resolveComputeDtype } from '../compute/compute-dtype.ts';
import { activateCompute } from '../compute/index.ts';
import type { EngineResultOf, GenerateTask } from '../contract.ts';
import type { TaskContext } from '../events.ts';
import { sampling } from '../generation/sampling.ts';
import type { BaseModel } from '../models/base-model.ts';
import { rewardPair } from '../tasks/reward/reward-pair.ts';
import { loadTokenizer, type TextTokenizer } from '../tokenization/tokenizer.ts';
import { defineEngineJob, type EngineState } from './define-job.ts';
import { openPrompt, readEndTokensOf, writeColumns } from './generate-columns.ts';

/**
 * Continues a prompt with the base, with adapters, or with several of them interleaved token by token. A single text is
 * written together with those of other tasks that use the same model. The base stays in `warm`.
 */
export async function runGenerateTask(
  task: GenerateTask,
  context: TaskContext,
  { warm, streams }: EngineState,
): Promise<EngineResultOf<'generate'>> {
  const { prompt: asked } = task;
  const [directory, ...others] = task.adapterDirectories;
  if (asked.kind !== 'pair' && directory !== undefined && others.length === 0)
    return { kind: 'generate', result: await streams.write({ task, asked, directory, context }, warm) };
  await streams.ended();
  warm.releaseUnlessOn(task.compute);
  checkedParameters(sampling, task.sampling);
  const compute = await activateCompute(task.compute, task.threads);
  context.emit({ kind: 'log', level: 'info', text: `Computing on ${compute.id}: ${compute.device}` });
  const tokenizer = await loadTokenizer(task.modelDirectory);
  const bfloat16 = resolveComputeDtype(task.compute_dtype, compute.id) === 'bfloat16';
  const result = await warm.use(
    { directory: task.modelDirectory, compute: task.compute, bfloat16 },
    async (base): Promise<GenerationResult> => {
      if (asked.kind === 'pair') return comparePair(base, tokenizer, asked, task, context);
      const endTokens = await readEndTokensOf(base, task.modelDirectory);
      return writeColumns(base, task, openPrompt(task, asked, tokenizer, endTokens), context);
    },
  );
  return { kind: 'generate', result };
}

export const generateJob = defineEngineJob('generate', runGenerateTask, { keepsWarmBase: true });

/** The rewards of two answers by each adapter, and the answer that it prefers. */
async function comparePair(
  base: BaseModel,
  tokenizer: TextTokenizer,
  prompt: PairPrompt,
  { adapterDirectories, pairSettings = [] }: GenerateTask,
  context: TaskContext,
): Promise<GenerationResult> {
  const columns: GenerationResult['columns'] = [];
  for (const [column, directory] of adapterDirectories.entries()) {
    if (directory === null)
      throw new StudioError('refused', 'The base alone gives answers no rewards.', 'Choose a reward adapter.');
    const times = { promptTokens: 0, promptSeconds: 0, newTokens: 0, generationSeconds: 0 };
    if ((await context.signal()) !== null) {
      columns.push({ ...times, text: '', finish: 'cancelled' });
      continue;
    }
    const started = performance.now();
    const model = new AdaptedModel(base);
    try {
      model.loadState(await readAdapter(directory, base.description));
      const settings = pairSettings[column] ?? taskSettingsSchema.parse({});
      const { rewards, tokens } = await rewardPair(model, tokenizer, settings, prompt);
      const text = pairText(rewards);
      const promptSeconds = (performance.now() - started) / 1000;
      const piece = { ...times, promptTokens: tokens, promptSeconds, text };
      context.emit({ kind: 'text', pieces: [{ ...piece, column }] });
      columns.push({ ...piece, rewards, finish: 'end' });
    } finally {
      model.dispose();
    }
  }
  return { prompt: prompt.text, columns };
}

function pairText(rewards: readonly number[]): string {
  const [first = 0, second = 0] = rewards;
  const preferred = first === second ? 'neither' : first > second ? 'answer 1' : 'answer 2';
  const lines = rewards.map((reward, at) => `Reward of answer ${at + 1}: ${reward.toFixed(4)}`);
  return [...lines, `Preferred: ${preferred}`].join('\n');
}
