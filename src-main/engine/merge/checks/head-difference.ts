import { haveSameTokens } from '../../adapters/weights/trained-tokens.ts';
import type { MergeInput } from '../merge-method.ts';

type Headed = Pick<MergeInput, 'config' | 'labels' | 'saved'>;

/** The reason why the task heads of two adapters have no mean. */
export interface HeadDifference {
  /** `task`: they are heads of different tasks. `modules`: the adapters saved different modules. */
  readonly of: 'task' | 'modules';
  /** A sentence on it, with the adapters' names. */
  words(names: readonly string[]): string;
}

/** The first difference between the task heads; null where they have a mean. */
export function headDifference(states: readonly Headed[]): HeadDifference | null {
  const having = states.map((_, index) => index).filter((index) => (states[index]?.saved.size ?? 0) > 0);
  const [first = 0] = having;
  for (const second of having) {
    const found = difference(states[first], states[second]);
    if (found !== null) return { of: found.of, words: (names) => found.words(names[first] ?? '', names[second] ?? '') };
  }
  return null;
}

interface PairDifference {
  readonly of: HeadDifference['of'];
  words(one: string, other: string): string;
}

function difference(reference: Headed | undefined, state: Headed | undefined): PairDifference | null {
  if (reference === undefined || state === undefined) return null;
  const { labels } = state;
  const known = reference.labels;
  if (known !== null && labels !== null) {
    const at = known.findIndex((label, index) => label !== labels[index]);
    if (known.length !== labels.length)
      return {
        of: 'task',
        words: (one, other) =>
          `The task heads differ: ${one} has ${known.length} labels, ${other} has ${labels.length}.`,
      };
    if (at >= 0)
      return {
        of: 'task',
        words: (one, other) =>
          `The task heads differ in their labels: label ${at} is "${known[at]}" in ${one} and "${labels[at]}" in ${other}.`,
      };
  }
  if (!haveSameTokens([reference, state]))
    return {
      of: 'modules',
      words: (one, other) => `${other} trains other tokens (trainable_token_indices) than ${one}.`,
    };
  for (const [name, { shape }] of state.saved) {
    const own = reference.saved.get(name);
    if (own === undefined) return { of: 'modules', words: (one, other) => `${other} saved ${name}, ${one} did not.` };
    if (own.shape.join() !== shape.join())
      return {
        of: 'task',
        words: (one, other) => `${name} is [${own.shape.join(', ')}] in ${one} and [${shape.join(', ')}] in ${other}.`,
      };
  }
  const missing = [...reference.saved.keys()].find((name) => !state.saved.has(name));
  if (missing === undefined) return null;
  return { of: 'modules', words: (one, other) => `${one} saved ${missing}, ${other} did not.` };
}
