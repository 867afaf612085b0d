import { StudioError } from '../../../src-shared/contract/errors.ts';
import type { LanguageModel } from '../adapters/model/ensemble-model.ts';
import { type AnswerScore, answerScores } from '../tasks/multiple-choice/choice-scores.ts';
import type { EncodedChoices } from '../tasks/shared/prompt-writer.ts';
import type { TextTokenizer } from '../tokenization/tokenizer.ts';
import type { Likelihood } from './metrics/choice-metrics.ts';
import type { PreparedTask } from './prepared-task.ts';

export interface ScoringProgress {
  onProgress(done: number): Promise<void> | void;
  cancelled(): Promise<boolean>;
}

/** Tokens of a context and of what follows it. */
interface EncodedPair {
  readonly context: readonly number[];
  readonly continuation: readonly number[];
}

/**
 * Likelihoods of the continuations of each question, tokenized as lm-eval does: a context's last spaces belong to what
 * follows, and the tokens of a continuation are those that it adds to the context's; without a context the model's
 * first token is one. Input longer than the model's context loses its beginning.
 * @throws StudioError invalid_input for a continuation without a token, or of more than the model takes
 */
export async function likelihoods(
  model: LanguageModel,
  tokenizer: TextTokenizer,
  { file, questions }: Pick<PreparedTask, 'file' | 'questions'>,
  progress: ScoringProgress,
): Promise<Likelihood[][]> {
  const longest = model.base.description.text?.maxPositions ?? Number.POSITIVE_INFINITY;
  const encoded = questions.map(({ context, contexts, continuations }, question) => {
    const pairs = continuations.map((text, index) => {
      const pair = encodePair(tokenizer, contexts?.[index] ?? context, text);
      const { length } = pair.continuation;
      if (length > 0 && length <= longest) return pair;
      throw new StudioError(
        'invalid_input',
        `${file}: in question ${question + 1} the answer "${text.slice(0, 40)}" has ${length} tokens; the model takes 1 to ${longest}.`,
        'Correct doc_to_target, doc_to_choice or target_delimiter.',
      );
    });
    if (contexts !== undefined) return pairs.flatMap((pair) => withCutContexts([pair], longest));
    return withCutContexts(pairs, longest);
  });
  return scoresOf(model, tokenizer, encoded, progress);
}

/** Scores of the answers of each question, which may be in several parts; progress counts questions. */
async function scoresOf(
  model: LanguageModel,
  tokenizer: TextTokenizer,
  questions: readonly (readonly EncodedChoices[])[],
  { onProgress, cancelled }: ScoringProgress,
): Promise<AnswerScore[][]> {
  const parts = questions.flat();
  const scores = await answerScores(model, parts, {
    batchSize: 64,
    padding: tokenizer.paddingId,
    onProgress: (done) => onProgress(Math.floor((done * questions.length) / parts.length)),
    cancelled,
  });
  let at = 0;
  return questions.map((own) => own.flatMap(() => scores[at++] ?? []));
}

/** A question's answers after their common context; where it is too long for one of them, each after as much as it leaves room for. */
function withCutContexts(pairs: readonly EncodedPair[], longest: number): EncodedChoices[] {
  const [context = []] = pairs.map((pair) => pair.context);
  const choices = pairs.map(({ continuation }) => continuation);
  const room = (choice: readonly number[]) => longest + 1 - choice.length;
  if (choices.every((choice) => context.length <= room(choice))) return [{ prompt: context, choices, characters: [] }];
  return choices.map((choice) => ({ prompt: context.slice(-room(choice)), choices: [choice], characters: [] }));
}

/**
 * Likelihoods of whole texts, each token after those before it, in windows of the model's context as lm-eval takes them: of a
 * window but the first, its first token follows the last one of the window before, and the last window has its context filled up.
 */
export async function rollingLikelihoods(
  model: LanguageModel,
  tokenizer: TextTokenizer,
  { questions }: Pick<PreparedTask, 'questions'>,
  progress: ScoringProgress,
): Promise<Likelihood[][]> {
  const longest = model.base.description.text?.maxPositions ?? Number.POSITIVE_INFINITY;
  const windows = questions.map(({ continuations: [text = ''] }) => {
    const ids = encode(tokenizer, text);
    const own = rollingWindows(ids, prefixToken(tokenizer), Math.min(longest, Math.max(1, ids.length)));
    return own.map(({ context, continuation }) => ({ prompt: context, choices: [continuation], characters: [] }));
  });
  const hasTokens = windows.some(({ length }) => length > 0);
  const scores = hasTokens ? await scoresOf(model, tokenizer, windows, progress) : windows.map(() => []);
  return scores.map((own) => [{ sum: own.reduce((total, { sum }) => total + sum, 0), isGreedy: false }]);
}

/** @param length tokens of a window; every token is the continuation of exactly one. */
export function rollingWindows(ids: readonly number[], prefix: number, length: number): EncodedPair[] {
  const windows: EncodedPair[] = [];
  for (let start = 0; start < ids.length; start += length) {
    const end = Math.min(ids.length, start + length);
    const first = Math.max(0, end - length - 1);
    const context = start === 0 ? [prefix] : ids.slice(first, start);
    windows.push({ context, continuation: ids.slice(start, end) });
  }
  return windows;
}

/** Number of tokens that a continuation adds to its context. */
export function continuationLength(tokenizer: TextTokenizer, context: string, continuation: string): number {
  return encodePair(tokenizer, context, continuation).continuation.length;
}

function encodePair(tokenizer: TextTokenizer, context: string, continuation: string): EncodedPair {
  if (context === '') {
    const ids = tokenizer.encode(continuation, { addSpecialTokens: false }).ids;
    const first = prefixToken(tokenizer);
    return ids[0] === first
      ? { context: ids.slice(0, 1), continuation: ids.slice(1) }
      : { context: [first], continuation: ids };
  }
  const kept = context.trimEnd();
  // White space alone: all of it is the continuation's, after nothing.
  if (kept === '') return encodePair(tokenizer, '', context + continuation);
  const before = encode(tokenizer, kept);
  return { context: before, continuation: encode(tokenizer, context + continuation).slice(before.length) };
}

/** With the special tokens that the tokenizer adds, unless the text has the first of them already. */
export function encode(tokenizer: TextTokenizer, text: string): readonly number[] {
  const prefix = tokenizer.special('bos') ?? tokenizer.special('eos');
  const hasPrefix = prefix !== null && text.startsWith(prefix.content);
  return tokenizer.encode(text, { addSpecialTokens: !hasPrefix }).ids;
}

function prefixToken(tokenizer: TextTokenizer): number {
  return (tokenizer.special('bos') ?? tokenizer.special('eos'))?.id ?? tokenizer.paddingId;
}
