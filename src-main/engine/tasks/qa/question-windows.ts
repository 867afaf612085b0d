import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { Encoding } from '../../tokenization/post-processor.ts';
import type { TextTokenizer } from '../../tokenization/tokenizer.ts';

/** A question with a stretch of its text, as the model reads them. */
export interface QuestionWindow extends Encoding {
  /** Place in the row of the first token of the text. */
  readonly offset: number;
  /** Tokens of the text that are in the window, as places among all of them; `end` is excluded. */
  readonly start: number;
  readonly end: number;
}

interface WindowLengths {
  /** Tokens of a row at most. */
  readonly maxLength: number;
  /** Tokens that one window shares with the next. */
  readonly stride: number;
}

/**
 * The windows of a question on its text, cut as Transformers does with `truncation="only_second"`, `stride` and
 * `return_overflowing_tokens`. A question that would take more than half of a row is cut, and a stride is at most three quarters of what
 * the text has room for.
 * @throws StudioError invalid_input where a row has no room for a token of each
 */
export function questionWindows(
  tokenizer: TextTokenizer,
  question: readonly number[],
  text: readonly number[] | Int32Array,
  { maxLength, stride }: WindowLengths,
): QuestionWindow[] {
  const { all, beforeSecond } = tokenizer.pairTokens;
  if (maxLength < all + 2)
    throw new StudioError(
      'invalid_input',
      `Rows of ${maxLength} tokens have no room for a question and its text: this model's have at least ${all + 2}.`,
      'Give a larger max_seq_length, e.g. 384.',
    ).at('max_length');
  const asked = question.slice(0, Math.max(1, Math.floor((maxLength - all) / 2)));
  const room = maxLength - all - asked.length;
  const step = room - Math.min(stride, Math.floor((3 * room) / 4));
  const windows: QuestionWindow[] = [];
  for (let start = 0; start === 0 || start + room - step < text.length; start += step) {
    const end = Math.min(start + room, text.length);
    const encoding = tokenizer.joinPair(asked, [...text.slice(start, end)]);
    windows.push({ ...encoding, offset: beforeSecond + asked.length, start, end });
    if (end === text.length) break;
  }
  return windows;
}
