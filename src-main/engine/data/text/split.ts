import type { TextInspection } from '../../../../src-shared/domain/data/dataset.ts';
import type { RawRow } from './raw-row.ts';

type SplitBy = NonNullable<TextInspection['split']>['by'];
export type SplitName = 'train' | 'test';

/** Assigns rows to splits. */
export interface SplitRule {
  readonly by: SplitBy;
  /** The split column, if any. */
  readonly column: string | null;
  /** The split of all rows, if known beforehand. */
  readonly only: SplitName | null;
  readonly description: string;
  /** Sees every readable row once, before any is assigned; absent for a rule that needs to know none. */
  readonly survey?: { begin(): void; add(row: RawRow, place: number): void; finish(): void };
  /** A string other than train and test is the reason why the row is in neither. */
  assign(row: RawRow, place: number): SplitName | { readonly leftOut: string };
}

/** FNV-1a over UTF-16 units. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash >>> 0;
}

/** A number in [0, 1) from seed and index, by the finalizer of MurmurHash3 (Austin Appleby, public domain). */
export function uniform(seed: number, place: number): number {
  let bits = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(place + 1, 0xc2b2ae35);
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}
