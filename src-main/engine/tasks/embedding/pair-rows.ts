import { type TokenRow, TokenRows } from '../shared/token-rows.ts';

export interface PairTexts {
  readonly anchor: string;
  readonly other: string;
  readonly negatives: readonly string[];
}

/** The rows of an example's texts. */
export interface PairRow {
  readonly anchor: number;
  readonly other: number;
  readonly negatives: readonly number[];
}

/** Examples of two or more texts, as rows of tokens; equal texts have one row. */
export class PairRows {
  private readonly rows = new TokenRows();
  private readonly pairs: PairRow[] = [];
  private readonly known = new Map<string, number>();
  private readonly encode: (text: string) => { readonly ids: readonly number[]; readonly typeIds: readonly number[] };

  constructor(encode: PairRows['encode']) {
    this.encode = encode;
  }

  get count(): number {
    return this.pairs.length;
  }

  /** Returns whether every text has a token. */
  add({ anchor, other, negatives }: PairTexts): boolean {
    const pair = {
      anchor: this.rowOf(anchor),
      other: this.rowOf(other),
      negatives: negatives.map((text) => this.rowOf(text)),
    };
    if ([pair.anchor, pair.other, ...pair.negatives].some((row) => this.rows.length(row) === 0)) return false;
    this.pairs.push(pair);
    return true;
  }

  /** No more are added. */
  end(): void {
    this.known.clear();
  }

  at(index: number): PairRow {
    const found = this.pairs[index];
    if (found === undefined) throw new RangeError(`there is no pair ${index}`);
    return found;
  }

  row(row: number): TokenRow {
    return this.rows.row(row);
  }

  /** Tokens of the longest text of an example. */
  lengthOf(index: number): number {
    const { anchor, other, negatives } = this.at(index);
    return Math.max(...[anchor, other, ...negatives].map((row) => this.rows.length(row)));
  }

  private rowOf(text: string): number {
    const before = this.known.get(text);
    if (before !== undefined) return before;
    const { ids, typeIds } = this.encode(text);
    this.rows.add(ids, typeIds);
    this.known.set(text, this.rows.count - 1);
    return this.rows.count - 1;
  }
}
