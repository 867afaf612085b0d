import type { DatasetDescription } from '../../../src-shared/domain/dataset.ts';

/** One split, opened: labels of all examples at hand, pictures read when asked for. */
export interface ImageSplit {
  readonly count: number;
  readonly labels: Int32Array;
  /** height × width × channels bytes of example `index`, row by row. */
  pixels(index: number): Promise<Uint8Array> | Uint8Array;
}

/** A data set, opened. `describe` counts what is there; reading the same source twice gives the same order. */
export interface OpenDataset {
  readonly description: DatasetDescription;
  split(name: 'train' | 'test'): ImageSplit;
  close(): void;
}
