import { StudioError } from '../../../../src-shared/contract/errors.ts';
import { textExampleSchema } from '../../../../src-shared/domain/data/dataset.ts';
import type { PairPrompt } from '../../../../src-shared/domain/generation/generation.ts';
import type { TaskSettings } from '../../../../src-shared/domain/runs/task.ts';
import type { AdaptedModel } from '../../adapters/model/adapted-model.ts';
import type { TextTokenizer } from '../../tokenization/tokenizer.ts';
import { inputsOf, pairReader } from './pair-rows.ts';
import { rewardsOf } from './reward-outputs.ts';

/**
 * Rewards of two answers to a prompt, written as the pairs of the training.
 * @throws StudioError refused for an adapter that gives no rewards, invalid_input for texts beyond the model's context
 */
export async function rewardPair(
  model: AdaptedModel,
  tokenizer: TextTokenizer,
  settings: TaskSettings,
  { text: prompt, answers }: PairPrompt,
): Promise<{ readonly rewards: number[]; readonly tokens: number }> {
  const { description } = model.base;
  const [completion = '', rejected = ''] = answers;
  const example = textExampleSchema.parse({
    row: 'pair',
    split: 'test',
    text: null,
    textPair: null,
    label: null,
    prompt,
    completion,
    rejected,
    messages: null,
  });
  const rows = pairReader(description, tokenizer, settings)(example);
  const longest = Math.max(...rows.map(({ ids }) => ids.length));
  const context = description.text?.maxPositions ?? Number.POSITIVE_INFINITY;
  if (longest > context)
    throw new StudioError(
      'invalid_input',
      `The prompt with its longer answer has ${longest} tokens, but the model reads at most ${context}.`,
      'Shorten the prompt or the answer.',
    ).at('prompt');
  const rewards = await rewardsOf(model, inputsOf(description, rows, tokenizer.paddingId));
  return { rewards: [...rewards], tokens: rows.reduce((sum, { ids }) => sum + ids.length, 0) };
}
