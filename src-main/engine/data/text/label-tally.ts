import type { LikeLabels } from '../../../../src-shared/domain/data/accounting.ts';
import type { TextDescription, TextExample } from '../../../../src-shared/domain/data/dataset.ts';
import type { ExampleContent } from './example.ts';
import { withoutSpelling } from './spelling.ts';

type Counts = { train: number; test: number };
/** Maximum number of classes. */
const maxLabels = 1000;

/** Groups of labels that differ by case and white space alone, as they are written, and whether they are read as one. */
export function likeLabels(written: LabelTally, read: LabelTally): LikeLabels[] {
  if (!['classes', 'sets'].includes(written.kind)) return [];
  const groups = Map.groupBy(written.names(), withoutSpelling);
  const readNames = new Set(read.names());
  return [...groups.values()].flatMap((names) => {
    if (names.length < 2) return [];
    const counted = names.map((label) => ({ label, count: written.total(label) }));
    counted.sort((one, other) => other.count - one.count);
    const isMerged = names.filter((name) => readNames.has(name)).length < 2;
    return [{ labels: counted.map(({ label }) => label), counts: counted.map(({ count }) => count), isMerged }];
  });
}

/** Counts labels by split while rows are read, then determines their kind. */
export class LabelTally {
  private readonly counts = new Map<string, Counts>();
  private any = false;
  private sets = false;
  private tagged = false;
  private allNumbers = true;
  private allIntegers = true;
  private overflown = false;
  /** From the lowest to the highest number among the labels, and 0. */
  readonly range: { least: number; most: number } = { least: 0, most: 0 };

  /** The label of a row with choices is an answer, not a class. */
  addExample({ label, choices, tags, split }: Pick<TextExample, 'label' | 'choices' | 'tags' | 'split'>): void {
    if (tags !== undefined) this.tagged = true;
    for (const tag of tags ?? []) this.addOne(tag, split);
    if (tags === undefined && choices === null) this.add(label, split);
  }

  private add(label: ExampleContent['label'], split: 'train' | 'test'): void {
    if (label === null) return;
    this.any = true;
    if (Array.isArray(label)) this.sets = true;
    for (const name of Array.isArray(label) ? label : [label]) this.addOne(name, split);
  }

  private addOne(name: string, split: 'train' | 'test'): void {
    const number = Number(name);
    if (name === '' || !Number.isFinite(number)) this.allNumbers = false;
    if (number < this.range.least) this.range.least = number;
    if (number > this.range.most) this.range.most = number;
    if (!Number.isInteger(number)) this.allIntegers = false;
    let counts = this.counts.get(name);
    if (counts === undefined) {
      if (this.counts.size >= maxLabels) {
        this.overflown = true;
        return;
      }
      counts = { train: 0, test: 0 };
      this.counts.set(name, counts);
    }
    counts[split]++;
  }

  /** Non-integer or many distinct numbers are regression targets; all else is classes. */
  get kind(): TextDescription['labelKind'] {
    if (this.tagged) return 'tags';
    if (!this.any) return 'none';
    if (this.sets) return 'sets';
    if (this.allNumbers && (!this.allIntegers || this.counts.size > 100)) return 'numbers';
    return 'classes';
  }

  get tooMany(): boolean {
    return this.overflown && this.kind !== 'numbers';
  }

  /** Sorted names: integers by value, others alphabetically. Empty for regression targets. */
  names(): string[] {
    if (this.kind === 'none' || this.kind === 'numbers' || this.tooMany) return [];
    const names = [...this.counts.keys()];
    return this.allNumbers ? names.sort((one, other) => Number(one) - Number(other)) : names.sort();
  }

  total(name: string): number {
    return this.count(name, 'train') + this.count(name, 'test');
  }

  count(name: string, split: 'train' | 'test'): number {
    return this.counts.get(name)?.[split] ?? 0;
  }
}
