import type { AnswerRow, AnswerRows } from './answer-rows.ts';

/** A prompt with the answer that was preferred and one that was not. */
export interface Pair {
  readonly chosen: AnswerRow;
  readonly rejected: AnswerRow;
}

/** An answer with its label, and the answer to another prompt that KTO's divergence is estimated from. */
export interface LabelledAnswer {
  readonly own: AnswerRow;
  readonly wanted: boolean;
  readonly other: AnswerRow;
}

/** Examples in the form of a loss. */
export type PreferenceExamples =
  | { readonly of: 'pairs'; readonly count: number; at(index: number): Pair }
  | { readonly of: 'answers'; readonly count: number; at(index: number): LabelledAnswer };

/** Rows of an example whose log-likelihood under the base a loss compares with. */
export function rowsOf(example: Pair | LabelledAnswer): [AnswerRow, AnswerRow] {
  return 'chosen' in example ? [example.chosen, example.rejected] : [example.own, example.other];
}

/**
 * The examples of a loss, from answers in file order; of pairs (`arePairs`) each chosen answer is followed by the rejected one.
 * @param maxLength tokens of a prompt with the answer to another one
 */
export function examplesOf(
  rows: AnswerRows,
  arePairs: boolean,
  of: PreferenceExamples['of'],
  maxLength: number,
): PreferenceExamples {
  if (of === 'pairs') {
    const at = (index: number) => ({ chosen: rows.at(2 * index), rejected: rows.at(2 * index + 1) });
    return { of, count: rows.count / 2, at };
  }
  // With pairs, all chosen answers come first: the answer before one then belongs to another prompt.
  const pairs = rows.count / 2;
  const place = (index: number) => (arePairs ? 2 * (index % pairs) + (index < pairs ? 0 : 1) : index);
  return {
    of,
    count: rows.count,
    at(index) {
      const own = rows.at(place(index));
      const { answer } = rows.at(place((index + rows.count - 1) % rows.count));
      const room = Math.max(1, maxLength - own.prompt.length);
      const other = { prompt: own.prompt, answer: Array.from(answer).slice(0, room) };
      return { own, other, wanted: rows.wanted[place(index)] ?? false };
    },
  };
}
