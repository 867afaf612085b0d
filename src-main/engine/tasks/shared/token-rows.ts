/** Mark of a token, never in the loss. */
export const textStart = 2;
/** Mark of a token in the loss that ends an answer or a text and says nothing of it: no part of the perplexity. */
export const textEnd = 3;

/** Returns true if a token with this mark is in the loss. */
export function isLearned(mark: number | undefined): boolean {
  return mark === 1 || mark === textEnd;
}

/** One text: its tokens, and a mark for each. */
export interface TokenRow {
  readonly ids: Int32Array;
  /** For classifiers, the token type ids; for language models, 1 or `textEnd` if the token is in the loss; `textStart` where a packed text begins. */
  readonly marks: Uint8Array;
}

/** Texts of different lengths in two arrays, with five bytes per token. */
export class TokenRows {
  private ids = new Int32Array(1 << 12);
  private marks = new Uint8Array(1 << 12);
  private readonly ends: number[] = [];

  get count(): number {
    return this.ends.length;
  }

  get tokens(): number {
    return this.ends.at(-1) ?? 0;
  }

  add(ids: ArrayLike<number>, marks: ArrayLike<number>): void {
    const start = this.tokens;
    const end = start + ids.length;
    if (end > this.ids.length) this.grow(Math.max(end, 2 * this.ids.length));
    this.ids.set(ids, start);
    this.marks.set(marks, start);
    this.ends.push(end);
  }

  /** Read-only views, invalidated when rows are added. */
  row(index: number): TokenRow {
    const [start, end] = [this.ends[index - 1] ?? 0, this.ends[index] ?? 0];
    return { ids: this.ids.subarray(start, end), marks: this.marks.subarray(start, end) };
  }

  length(index: number): number {
    return (this.ends[index] ?? 0) - (this.ends[index - 1] ?? 0);
  }

  private grow(size: number): void {
    const [ids, marks] = [new Int32Array(size), new Uint8Array(size)];
    ids.set(this.ids);
    marks.set(this.marks);
    this.ids = ids;
    this.marks = marks;
  }
}
