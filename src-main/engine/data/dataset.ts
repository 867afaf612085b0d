import type { StudioError } from '../../../src-shared/contract/errors.ts';
import type { DatasetDescription, TextColumns, TextExample } from '../../../src-shared/domain/data/dataset.ts';

/** A decoded image: height × width × channels bytes, row by row. */
export interface Image {
  readonly pixels: Uint8Array;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** An open split with the labels of all examples; images are read on demand. */
export interface ImageSplit {
  readonly count: number;
  readonly labels: Int32Array;
  /** height × width × channels bytes of example `index`, row by row, in the size of the description. */
  pixels(index: number): Promise<Uint8Array> | Uint8Array;
  /** Example `index` in its own size; absent if all images of the dataset have the same size. */
  image?(index: number): Promise<Image>;
  /** Returns the file of example `index` for messages. */
  where?(index: number): string;
}

/** Example `index` of a split in its own size. @throws RangeError where the dataset says no size */
export async function imageAt(
  split: ImageSplit,
  { image: size }: Pick<DatasetDescription, 'image'>,
  index: number,
): Promise<Image> {
  if (split.image !== undefined) return split.image(index);
  if (size === null) throw new RangeError(`the dataset has no image ${index}`);
  return { ...size, pixels: await split.pixels(index) };
}

/** An open image dataset. Reading the same source twice gives the same order. */
export interface OpenImages {
  readonly kind: 'images';
  readonly description: DatasetDescription;
  /** Question to answer by an option before the dataset is added; absent if there is none. */
  readonly question?: StudioError | undefined;
  split(name: 'train' | 'test'): ImageSplit;
  close(): void;
}

/** Progress of reading all rows. */
export interface RowsRead {
  readonly rows: number;
  readonly bytes: number;
  /** Total over all files. */
  readonly totalBytes: number;
}

/** Progress callback, called every few rows, and a signal whose reason is thrown on abort. */
export interface ReadWatch {
  onRead?(read: RowsRead): void;
  readonly signal?: AbortSignal;
  /** Reports however many rows are faulty, instead of asking first. */
  readonly keepsFaults?: boolean;
}

/** A text dataset. Rows are streamed on every pass: nothing of the file is kept in memory. */
export interface OpenTexts {
  readonly kind: 'texts';
  /** Role of each column. */
  readonly columns: TextColumns;
  /** Reads every row: counts, labels, problems, duplicates. */
  describe(watch?: ReadWatch): Promise<DatasetDescription>;
  /** The valid rows of one split, in file order. */
  examples(split: 'train' | 'test'): AsyncGenerator<TextExample>;
  /** Valid rows that a view leaves out of both splits; their labels are the dataset's all the same. */
  unread?(): AsyncGenerator<TextExample>;
  close(): void;
}

export type OpenDataset = OpenImages | OpenTexts;
