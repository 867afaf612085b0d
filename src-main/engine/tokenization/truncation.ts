import { StudioError } from '../../../src-shared/contract/errors.ts';

/** Text to truncate if two do not fit together, named like in Transformers. */
export type TruncationStrategy = 'longest_first' | 'only_first' | 'only_second';

export interface TruncationOptions {
  /** Tokens for both texts together, special tokens not counted. */
  readonly room: number;
  readonly strategy: TruncationStrategy;
  /** The end that goes. */
  readonly side: 'left' | 'right';
}

/**
 * Cuts one text, or two, to fit.
 * @throws StudioError invalid_input if the text to truncate is too short for that.
 */
export function truncate(
  first: readonly number[],
  second: readonly number[] | null,
  { room, strategy, side }: TruncationOptions,
): { first: readonly number[]; second: readonly number[] | null } {
  const excess = first.length + (second?.length ?? 0) - room;
  if (excess <= 0) return { first, second };
  // If the special tokens leave no room, the Rust library drops both texts, whichever should be truncated.
  if (room === 0) return { first: [], second: second === null ? null : [] };
  const cut = (ids: readonly number[], length: number) =>
    side === 'right' ? ids.slice(0, length) : ids.slice(ids.length - length);
  if (strategy === 'longest_first') {
    if (second === null) return { first: cut(first, room), second };
    const [firstLength, secondLength] = fairLengths(first.length, second.length, room);
    return { first: cut(first, firstLength), second: cut(second, secondLength) };
  }
  const giving = strategy === 'only_first' ? first : (second ?? []);
  if (giving.length <= excess)
    throw new StudioError(
      'invalid_input',
      `A text cannot be cut to ${room} tokens by ${strategy}: that text has ${giving.length} tokens, and ${excess} are too many.`,
      'Allow more tokens, or cut the longer text first.',
    );
  const shorter = cut(giving, giving.length - excess);
  return strategy === 'only_first' ? { first: shorter, second } : { first, second: shorter };
}

/** The longer one is truncated until both have the same length, then both are. */
function fairLengths(first: number, second: number, room: number): [number, number] {
  const shorter = Math.min(first, second);
  let lengths: [number, number] = [shorter, Math.max(shorter, room - shorter)];
  if (shorter + lengths[1] > room) lengths = [Math.floor(room / 2), Math.ceil(room / 2)];
  return first > second ? [lengths[1], lengths[0]] : lengths;
}
