import type { DatasetDescription, TextColumns, TextExample } from '../../../src-shared/domain/dataset.ts';

/** A decoded image: height × width × channels bytes, row by row. */
export interface Image {
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** One split, opened: labels of all examples at hand, images read when asked for. */
export interface ImageSplit {
  readonly count: number;
  readonly labels: Int32Array;
  /** height × width × channels bytes of example `index`, row by row, in the size that the description states. */
  pixels(index: number): Promise<Uint8Array> | Uint8Array;
  /** Example `index` in its own size, where the images of a dataset differ in size; absent where they do not. */
  image?(index: number): Promise<Image>;
}

/** A dataset of images, opened. Reading the same source twice gives the same order. */
export interface OpenImages {
  readonly kind: 'images';
  readonly description: DatasetDescription;
  split(name: 'train' | 'test'): ImageSplit;
  close(): void;
}

/** How far the reading of all rows is. */
export interface RowsRead {
  readonly rows: number;
  readonly bytes: number;
  /** Of all files. */
  readonly totalBytes: number;
}

/** Told of how far it is after every few rows; ends with the reason of `signal` where that is aborted. */
export interface ReadWatch {
  onRead?(read: RowsRead): void;
  readonly signal?: AbortSignal;
}

/** A dataset of texts. Rows are streamed each time anew: nothing of the file is held. */
export interface OpenTexts {
  readonly kind: 'texts';
  /** Which column is taken for what. */
  readonly columns: TextColumns;
  /** Reads every row: counts, labels, problems, duplicates. */
  describe(watch?: ReadWatch): Promise<DatasetDescription>;
  /** The good rows of one split, in the order of the file. */
  examples(split: 'train' | 'test'): AsyncGenerator<TextExample>;
  close(): void;
}

export type OpenDataset = OpenImages | OpenTexts;
