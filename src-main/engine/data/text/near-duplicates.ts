import { hash64 } from './exact-duplicates.ts';

/** Maximum rows compared per split, so that a long training file leaves room for the test rows: 13 MB of signatures. */
const maxRows = { train: 40_000, test: 10_000 } as const;
/** Maximum test rows that training rows are looked up in: 13 MB of signatures and 60 MB of buckets. */
const maxIndexed = 50_000;
/** Characters of a test row that are kept to be shown. */
const shownCharacters = 120;
const hashCount = 64;
/** 16 bands of 4: two texts that share 0.8 of their shingles meet in a band with a probability of 0.9998. */
const bandSize = 4;
const shingleWords = 3;
const maxWords = 1000;
const minResemblance = 0.8;
/** Candidates examined of a band that many rows share (boilerplate). */
const maxCandidates = 64;

const multipliers = Uint32Array.from({ length: hashCount }, (_, index) => hash64(`multiplier ${index}`)[0] | 1);
const offsets = Uint32Array.from({ length: hashCount }, (_, index) => hash64(`offset ${index}`)[1]);

/**
 * Finds rows of the test split that nearly repeat a row of the training split: MinHash over shingles of three words
 * (Broder 1997, "On the resemblance and containment of documents").
 */
export class NearDuplicates {
  private readonly signatures: Uint32Array[] = [];
  private readonly rows: { split: 'train' | 'test'; where: string; identity: number; text: string }[] = [];

  private readonly taken = { train: 0, test: 0 };

  get compared(): number {
    return this.rows.length;
  }

  add(text: string, split: 'train' | 'test', where: string): void {
    if (this.taken[split] >= maxRows[split]) return;
    this.taken[split]++;
    this.signatures.push(signatureOf(text));
    this.rows.push({
      split,
      where,
      identity: hash64(text)[0],
      text: split === 'test' ? text.slice(0, shownCharacters) : '',
    });
  }

  /**
   * Test rows with a training row of a resemblance of 0.8 or more (estimated) that is not the very same text, each with
   * the first such row that was found.
   */
  across(): { where: string; like: string; text: string }[] {
    const found = new Map<number, number>();
    // One band at a time: the buckets of one are freed before those of the next are created.
    for (let band = 0; band < hashCount / bandSize; band++) this.findInBand(band, found);
    return this.rows.flatMap(({ where, text }, index) => {
      const like = this.rows[found.get(index) ?? -1];
      return like === undefined ? [] : [{ where, like: like.where, text }];
    });
  }

  private findInBand(band: number, found: Map<number, number>): void {
    const buckets = new Map<number, number[]>();
    for (const [index, { split }] of this.rows.entries()) {
      if (split !== 'train') continue;
      const key = this.keyOf(index, band);
      const bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, [index]);
      else if (bucket.length < maxCandidates) bucket.push(index);
    }
    for (const [index, { split, identity }] of this.rows.entries()) {
      if (split !== 'test' || found.has(index)) continue;
      const isLike = (other: number): boolean =>
        this.rows[other]?.identity !== identity &&
        resemblance(this.signatures[index], this.signatures[other]) >= minResemblance;
      const like = buckets.get(this.keyOf(index, band))?.find(isLike);
      if (like !== undefined) found.set(index, like);
    }
  }

  private keyOf(index: number, band: number): number {
    const signature = this.signatures[index];
    return signature === undefined ? 0 : bandKey(signature, band);
  }
}

/** Texts of which others may be near duplicates: the rows that are looked up are not kept. */
export class NearTexts {
  private readonly signatures: Uint32Array[] = [];
  private readonly bands = Array.from({ length: hashCount / bandSize }, () => new Map<number, number[]>());

  /** Texts beyond the maximum are not compared. */
  add(text: string): void {
    if (this.signatures.length >= maxIndexed) return;
    const signature = signatureOf(text);
    const index = this.signatures.push(signature) - 1;
    for (const [band, buckets] of this.bands.entries()) {
      const key = bandKey(signature, band);
      const bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, [index]);
      else if (bucket.length < maxCandidates) bucket.push(index);
    }
  }

  /** Returns true if a text was added whose estimated resemblance to this one is 0.8 or more. */
  has(text: string): boolean {
    const signature = signatureOf(text);
    const isLike = (other: number) => resemblance(signature, this.signatures[other]) >= minResemblance;
    return this.bands.some((buckets, band) => buckets.get(bandKey(signature, band))?.some(isLike) === true);
  }
}

/** 32 bits of hash of a band's values. */
function bandKey(signature: Uint32Array, band: number): number {
  const values = signature.subarray(band * bandSize, (band + 1) * bandSize);
  return values.reduce((hash, value) => Math.imul(hash ^ value, 0x9e3779b1), band);
}

function resemblance(one: Uint32Array | undefined, other: Uint32Array | undefined): number {
  return (one?.filter((value, at) => value === other?.[at]).length ?? 0) / hashCount;
}

function signatureOf(text: string): Uint32Array {
  const words =
    text
      .slice(0, 20_000)
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu)
      ?.slice(0, maxWords) ?? [];
  const signature = new Uint32Array(hashCount).fill(0xffffffff);
  for (let start = 0; start === 0 || start + shingleWords <= words.length; start++) {
    const [shingle] = hash64(words.slice(start, start + shingleWords).join(' '));
    for (let index = 0; index < hashCount; index++) {
      const mixed = Math.imul(shingle ^ (offsets[index] ?? 0), multipliers[index] ?? 1);
      const value = (mixed ^ (mixed >>> 15)) >>> 0;
      if (value < (signature[index] ?? 0)) signature[index] = value;
    }
  }
  return signature;
}
