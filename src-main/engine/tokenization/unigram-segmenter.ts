import type { Unigram } from '@huggingface/tokenizers';

/** The best way to a position of a word: where its last token starts, and whether that token is unknown. */
interface Step {
  readonly score: number;
  readonly start: number;
  readonly isUnknown: boolean;
}

/**
 * Splits words into the tokens with the highest sum of scores, as the Rust library does. The package compares sums that
 * include the next token, so rounding decides between equal splits in another way.
 */
export class UnigramSegmenter {
  private readonly model: Unigram;
  private readonly scores: readonly number[];
  private readonly unknownScore: number;

  constructor(model: Unigram) {
    this.model = model;
    this.scores = model.scores.map(parsedInRust);
    this.unknownScore = parsedInRust(model.min_score) - 10;
  }

  /** Consecutive unknown characters are one token. */
  tokens(word: string): string[] {
    const characters = Array.from(word);
    const steps = this.bestSteps(characters);
    const tokens: string[] = [];
    let unknown = '';
    const flush = () => {
      if (unknown !== '') tokens.push(unknown);
      unknown = '';
    };
    for (let end = characters.length; end > 0; ) {
      const { start, isUnknown } = steps[end] ?? { start: end - 1, isUnknown: true };
      const token = characters.slice(start, end).join('');
      if (isUnknown) unknown = token + unknown;
      else {
        flush();
        tokens.push(token);
      }
      end = start;
    }
    flush();
    return tokens.reverse();
  }

  private bestSteps(characters: readonly string[]): Step[] {
    const { scores, unknownScore } = this;
    const { trie, tokens_to_ids: ids, unk_token_id: unknownId } = this.model;
    const steps: Step[] = [];
    const offer = (end: number, step: Step) => {
      const best = steps[end];
      if (best === undefined || step.score > best.score) steps[end] = step;
    };
    for (let start = 0; start < characters.length; start++) {
      const before = start === 0 ? 0 : (steps[start]?.score ?? 0);
      let token = '';
      let isAlone = false;
      let node = trie.root;
      for (let at = start; at < characters.length; at++) {
        const character = characters[at] ?? '';
        const next = node.children.get(character);
        if (next === undefined) break;
        node = next;
        token += character;
        const id = node.is_leaf ? ids.get(token) : undefined;
        if (id === undefined) continue;
        offer(at + 1, { score: (scores[id] ?? unknownScore) + before, start, isUnknown: id === unknownId });
        isAlone ||= at === start;
      }
      if (!isAlone) offer(start + 1, { score: unknownScore + before, start, isUnknown: true });
    }
    return steps;
  }
}

/** A number as serde_json reads its shortest notation: its digits as a float, divided by a power of ten. */
function parsedInRust(value: number): number {
  const [, sign = '', whole = '', decimals = ''] = /^(-?)(\d+)\.(\d+)$/.exec(String(value)) ?? [];
  const digits = Number(whole + decimals);
  if (whole === '' || Number.isSafeInteger(digits)) return value;
  return Number(`${sign}${digits / Number(`1e${decimals.length}`)}`);
}
