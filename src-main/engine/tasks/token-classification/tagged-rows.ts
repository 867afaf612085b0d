import { ignoredLabel } from '../../ops/loss/softmax-cross-entropy.ts';
import type { WordEncoding } from '../../tokenization/tokenizer.ts';
import { type TokenRow, TokenRows } from '../shared/token-rows.ts';

/** Texts in words, with a tag on the first token of each. */
export class TaggedRows {
  private readonly tokens = new TokenRows();
  /** For each row, the positions of the tagged tokens; `tagIds` has their tags by number. */
  private readonly starts: Int32Array[] = [];
  private readonly tagIds: Int32Array[] = [];
  /** Tags by number, in the order in which they appear. */
  private readonly known = new Map<string, number>();

  get count(): number {
    return this.tokens.count;
  }

  /** False if no word has a token. */
  add({ ids, typeIds, starts }: WordEncoding, tags: readonly string[]): boolean {
    if (starts.length === 0) return false;
    this.tokens.add(ids, typeIds);
    this.starts.push(Int32Array.from(starts, ({ token }) => token));
    this.tagIds.push(Int32Array.from(starts, ({ word }) => this.idOf(tags[word] ?? 'O')));
    return true;
  }

  row(index: number): TokenRow {
    return this.tokens.row(index);
  }

  /** The tags of the words that have a token. */
  tags(index: number): string[] {
    const names = [...this.known.keys()];
    return Array.from(this.tagIds[index] ?? [], (id) => names[id] ?? 'O');
  }

  /** Returns the class of each token of a row, by these class names: −100 if the token does not begin a word. */
  labels(names: readonly string[]): (index: number) => Int32Array {
    const classes = Int32Array.from(this.known.keys(), (tag) => names.indexOf(tag));
    return (index) => {
      const labels = new Int32Array(this.tokens.length(index)).fill(ignoredLabel);
      const tagIds = this.tagIds[index] ?? [];
      for (const [at, token] of (this.starts[index] ?? new Int32Array(0)).entries())
        labels[token] = classes[tagIds[at] ?? 0] ?? ignoredLabel;
      return labels;
    };
  }

  private idOf(tag: string): number {
    const known = this.known.get(tag) ?? this.known.size;
    this.known.set(tag, known);
    return known;
  }
}
