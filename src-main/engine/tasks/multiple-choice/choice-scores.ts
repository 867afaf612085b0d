import * as tf from '@tensorflow/tfjs-core';
import type { LanguageModel } from '../../adapters/model/ensemble-model.ts';
import { stateTensors } from '../../adapters/passes/tidy-hidden-states.ts';
import type { HiddenStates } from '../../models/base-model.ts';
import { type KeyValueCache, outgrowsCache } from '../../models/key-value-cache.ts';
import { ignoredLabel } from '../../ops/loss/softmax-cross-entropy.ts';
import { refuseCancelled } from '../../outcomes/evaluation-steps.ts';
import { type EvaluationOptions, refuseNoExamples } from '../shared/head-outputs.ts';
import type { EncodedChoices } from '../shared/prompt-writer.ts';
import { tokensAtOnce } from '../shared/test-order.ts';
import { tokenScores } from '../shared/token-scores.ts';

/** Answers per batch, whose keys and values are in memory. */
const rowsAtOnce = 64;

interface ScoringOptions extends EvaluationOptions {
  readonly padding: number;
}

/**
 * Score of an answer after its prompt: its log-likelihood in nats, and true if each of its tokens had the highest
 * logit.
 */
export interface AnswerScore {
  readonly sum: number;
  readonly isGreedy: boolean;
}

interface ChoiceOptions extends ScoringOptions {
  /**
   * True if an answer's log-likelihood is divided by its number of characters (lm-eval's acc_norm), false for the sum
   * (acc).
   */
  readonly normalized: boolean;
}

/**
 * Log-likelihood in nats of each answer after its prompt, or of each of its characters on average, for each example.
 * @throws StudioError invalid_input without examples, not_finite, cancelled.
 */
export async function choiceScores(
  model: LanguageModel,
  examples: readonly EncodedChoices[],
  { normalized, ...options }: ChoiceOptions,
): Promise<Float32Array[]> {
  const scores = await answerScores(model, examples, options);
  return scores.map((own, index) => {
    const { characters = [] } = examples[index] ?? {};
    return Float32Array.from(own, ({ sum }, answer) => (normalized ? sum / (characters[answer] ?? 1) : sum));
  });
}

/**
 * Scores of each answer after its prompt, for each example. Each prompt is run once; its answers continue from its keys and
 * values.
 * @throws StudioError invalid_input without examples, not_finite, cancelled.
 */
export async function answerScores(
  model: LanguageModel,
  examples: readonly EncodedChoices[],
  options: ScoringOptions,
): Promise<AnswerScore[][]> {
  refuseNoExamples(examples.length);
  const scores: AnswerScore[][] = new Array(examples.length);
  let done = 0;
  for (const group of scoringBatches(examples, options.batchSize)) {
    await refuseCancelled(options);
    const some = group.flatMap((index) => examples[index] ?? []);
    for (const [place, own] of (await scoreSome(model, some, options)).entries()) scores[group[place] ?? 0] = own;
    done += group.length;
    await options.onProgress?.(done, examples.length);
  }
  return scores;
}

/**
 * Batches of examples with equal numbers of answers, so that prompts repeat equally, and of similar length. Whole texts are
 * answers too: where examples are long, fewer are in a batch.
 */
export function scoringBatches(examples: readonly EncodedChoices[], batchSize: number): number[][] {
  const sizes = examples.map(({ prompt, choices }) => ({
    answers: choices.length,
    prompt: prompt.length,
    tokens: prompt.length + choices.length * longest(choices),
  }));
  const sizeOf = (index: number) => sizes[index] ?? { answers: 0, prompt: 0, tokens: 0 };
  const order = [...examples.keys()].sort((one, other) => {
    const [left, right] = [sizeOf(one), sizeOf(other)];
    return left.answers - right.answers || left.prompt - right.prompt || left.tokens - right.tokens || one - other;
  });
  const made: number[][] = [];
  let widest = 0;
  for (const index of order) {
    const { answers, tokens } = sizeOf(index);
    const last = made.at(-1);
    const room = Math.max(1, Math.min(batchSize, Math.floor(rowsAtOnce / Math.max(1, answers))));
    const isAlike = last !== undefined && sizeOf(last[0] ?? -1).answers === answers;
    if (isAlike && last.length < room && (last.length + 1) * Math.max(widest, tokens) <= tokensAtOnce) {
      last.push(index);
      widest = Math.max(widest, tokens);
    } else {
      made.push([index]);
      widest = tokens;
    }
  }
  return made;
}

async function scoreSome(
  model: LanguageModel,
  given: readonly EncodedChoices[],
  { padding }: ScoringOptions,
): Promise<AnswerScore[][]> {
  // A first token needs a predecessor, even if the question is empty.
  const examples = given.map((one) => (one.prompt.length > 0 ? one : { ...one, prompt: [padding] }));
  const answers = examples[0]?.choices.length ?? 0;
  // The last token of a prompt runs with each answer: what follows it is the answer's first token.
  const most = longest(examples.map(({ prompt }) => prompt));
  const total = most + longest(examples.flatMap(({ choices }) => choices)) - 1;
  const isShared = !outgrowsCache(model.base, most - 1, total);
  const heads = examples.map(({ prompt }) => (isShared ? prompt.slice(0, -1) : []));
  const tails = examples.flatMap(({ prompt, choices }) => {
    const own = isShared ? prompt.slice(-1) : prompt;
    return choices.map((choice) => ({ ids: [...own, ...choice.slice(0, -1)], choice, before: own.length - 1 }));
  });
  const [past, width] = [longest(heads), longest(tails.map(({ ids }) => ids))];
  const cache = model.newCache();
  let shared: KeyValueCache | undefined;
  try {
    if (past > 0) {
      const ids = heads.flatMap((head) => [...filled(past - head.length, padding), ...head]);
      const mask = heads.flatMap((head) => [...filled(past - head.length, 0), ...filled(head.length, 1)]);
      await withStates(model, { ids, mask, rows: heads.length }, cache, async () => undefined);
      shared = cache.repeated(answers);
    }
    const ids = tails.flatMap((tail) => [...tail.ids, ...filled(width - tail.ids.length, padding)]);
    const labels = tails.flatMap(({ choice, before }) => [
      ...filled(before, ignoredLabel),
      ...choice,
      ...filled(width - before - choice.length, ignoredLabel),
    ]);
    const mask = tails.flatMap((tail, row) => {
      const head = heads[Math.floor(row / answers)]?.length ?? 0;
      const attended = head + tail.ids.length;
      return [...filled(past - head, 0), ...filled(attended, 1), ...filled(width - tail.ids.length, 0)];
    });
    const { losses, leads } = await withStates(model, { ids, mask, rows: tails.length }, shared, (states) =>
      tokenScores(model, states, Int32Array.from(labels)),
    );
    let at = 0;
    return examples.map(({ choices }) =>
      choices.map(({ length }) => {
        const [own, first] = [losses.subarray(at, at + length), leads.subarray(at, at + length)];
        at += length;
        return { sum: own.reduce((total, loss) => total - loss, 0), isGreedy: first.every((lead) => lead === 1) };
      }),
    );
  } finally {
    cache.dispose();
    shared?.dispose();
  }
}

interface Rows {
  readonly ids: readonly number[];
  /** Mask of the cached tokens as well. */
  readonly mask: readonly number[];
  readonly rows: number;
}

async function withStates<Result>(
  model: LanguageModel,
  { ids, mask, rows }: Rows,
  cache: KeyValueCache | undefined,
  use: (states: HiddenStates) => Promise<Result>,
): Promise<Result> {
  const inputs = {
    input_ids: tf.tensor2d(Int32Array.from(ids), [rows, ids.length / rows], 'int32'),
    attention_mask: tf.tensor2d(Int32Array.from(mask), [rows, mask.length / rows], 'int32'),
  };
  const states = model.states(inputs, cache);
  try {
    return await use(states);
  } finally {
    tf.dispose([...stateTensors(states), ...Object.values(inputs)]);
  }
}

function longest(lists: readonly (readonly number[])[]): number {
  return lists.reduce((most, { length }) => Math.max(most, length), 0);
}

function filled(length: number, value: number): number[] {
  return new Array<number>(length).fill(value);
}
