import * as tf from '@tensorflow/tfjs-core';
import { StudioError } from '../../../src-shared/contract/errors.ts';
import type {
  FinishReason,
  GenerationResult,
  Prompt,
  TextPiece,
} from '../../../src-shared/domain/generation/generation.ts';
import type { AdaptedModel } from '../adapters/model/adapted-model.ts';
import { renderChat } from '../tokenization/chat-template.ts';
import type { TextTokenizer } from '../tokenization/tokenizer.ts';

/** Gives a text its reward where other columns continue the text: the prompt is a question with its answer. */
export class RewardColumn {
  private readonly model: AdaptedModel;
  private readonly ids: readonly number[];
  private text: string | null = null;
  private isTold = false;
  private reason: FinishReason | null = null;
  private seconds = 0;
  readonly newTokens = 0;

  /** @throws StudioError refused for a conversation without an answer */
  constructor(model: AdaptedModel, tokenizer: TextTokenizer, prompt: Prompt) {
    this.model = model;
    this.ids = rewardedTokens(tokenizer, prompt);
  }

  get done(): boolean {
    return this.reason !== null;
  }

  async step(): Promise<void> {
    const start = performance.now();
    const outputs = tf.tidy(() =>
      this.model.forward({ input_ids: tf.tensor2d([...this.ids], [1, this.ids.length], 'int32') }),
    );
    try {
      const values = await outputs.data<'float32'>();
      const rewards = Array.from(values, (value) => value.toFixed(4));
      this.text = `Reward: ${rewards.join(', ')}`;
    } finally {
      outputs.dispose();
    }
    this.seconds = (performance.now() - start) / 1000;
    this.reason = 'end';
  }

  finish(reason: FinishReason): void {
    this.reason ??= reason;
  }

  /** The reward, once; null before it is computed and afterwards. */
  takePiece(column: number): TextPiece | null {
    if (this.text === null || this.isTold) return null;
    this.isTold = true;
    return { column, text: this.text, ...this.times };
  }

  result(): GenerationResult['columns'][number] {
    return { text: this.text ?? '', finish: this.reason ?? 'cancelled', ...this.times };
  }

  dispose(): void {
    this.model.dispose();
  }

  private get times() {
    const { seconds } = this;
    return { promptTokens: this.ids.length, promptSeconds: seconds, newTokens: 0, generationSeconds: 0 };
  }
}

/** Tokens of a question with its answer as reward models are trained on them: with the end token, without padding. */
function rewardedTokens(tokenizer: TextTokenizer, prompt: Prompt): number[] {
  if (prompt.kind === 'chat' && prompt.messages.at(-1)?.role !== 'assistant')
    throw new StudioError(
      'refused',
      'A reward adapter scores an answer, but the conversation ends with a question.',
      'Add the answer as the last message of the assistant, or write the question and the answer as plain text.',
    );
  const text =
    prompt.kind === 'text'
      ? prompt.text
      : renderChat(tokenizer, prompt.messages, { ...prompt, addGenerationPrompt: false });
  const ids = [...tokenizer.encode(text, { addSpecialTokens: prompt.kind === 'text' }).ids];
  const end = tokenizer.special('eos')?.id;
  if (prompt.kind === 'text' && end !== undefined && ids.at(-1) !== end) ids.push(end);
  while (ids.length > 1 && ids.at(-1) === tokenizer.paddingId) ids.pop();
  return ids;
}
