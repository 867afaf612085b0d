import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { ModelDescription } from '../../../src-shared/domain/models/model.ts';
import type { LanguageModel } from '../adapters/model/ensemble-model.ts';
import type { EndTokens } from '../generation/end-tokens.ts';
import { Generation } from '../generation/generation.ts';
import { TextStream } from '../generation/text-stream.ts';
import type { TextTokenizer } from '../tokenization/tokenizer.ts';
import { encode, type ScoringProgress } from './likelihoods.ts';
import type { PreparedTask } from './prepared-task.ts';

/** Prompts at once, whose keys and values are in memory. */
const rowsAtOnce = 8;
/** Seed for tasks that sample their tokens. */
const seed = 1234;

/** @throws StudioError invalid_input for a task whose answers may fill the model's context, so that no question has room before them */
export function requireRoom(
  { file, outputType, generation: { max_gen_toks } }: PreparedTask,
  { text }: ModelDescription,
): void {
  if (outputType !== 'generate_until' || text === null || max_gen_toks < text.maxPositions) return;
  throw new StudioError(
    'invalid_input',
    `${file}: max_gen_toks is ${max_gen_toks}, but the model takes ${text.maxPositions} tokens, the question included.`,
    'Lower max_gen_toks in generation_kwargs, or choose a model with a longer context.',
  );
}

/** The text that the model writes after each context, up to the first of the task's stop strings. */
export async function generations(
  model: LanguageModel,
  tokenizer: TextTokenizer,
  endTokens: EndTokens,
  { questions, generation: { until, max_gen_toks, temperature } }: PreparedTask,
  { onProgress, cancelled }: ScoringProgress,
): Promise<string[]> {
  const longest = model.base.description.text?.maxPositions ?? Number.POSITIVE_INFINITY;
  const room = longest - max_gen_toks;
  const prompts = questions.map(({ context }) => encode(tokenizer, context).slice(-room));
  // Rows of a length are padded least.
  const order = prompts
    .map((_, index) => index)
    .sort((one, other) => lengthOf(prompts, one) - lengthOf(prompts, other));
  const texts = new Array<string>(prompts.length).fill('');
  for (let start = 0; start < order.length; start += rowsAtOnce) {
    const rows = order.slice(start, start + rowsAtOnce);
    const batch = new Generation(
      model,
      rows.map((row) => prompts[row] ?? []),
      // Every processor but the temperature is off, as in lm-eval.
      { maxNewTokens: max_gen_toks, parameters: { temperature, top_k: 0, top_p: 1 }, seed: seed + start, endTokens },
    );
    try {
      const streams = rows.map(
        () => new TextStream((ids) => tokenizer.decode(ids, { skipSpecialTokens: true }), until),
      );
      while (!batch.done) {
        if (await cancelled()) throw new StudioError('cancelled', 'The benchmark was cancelled.');
        for (const [row, token] of (await batch.step()).entries()) {
          const stream = streams[row];
          if (token === null || stream === undefined) continue;
          stream.push(token);
          if (stream.stoppedBy !== null) batch.finish(row, 'stop');
        }
      }
      for (const [row, stream] of streams.entries()) {
        stream.end();
        texts[rows[row] ?? 0] = stream.text;
      }
    } finally {
      batch.dispose();
    }
    await onProgress(Math.min(start + rowsAtOnce, order.length));
  }
  return texts;
}

function lengthOf(prompts: readonly (readonly number[])[], index: number): number {
  return prompts[index]?.length ?? 0;
}
