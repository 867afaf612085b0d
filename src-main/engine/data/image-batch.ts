import type { ImageSplit } from './dataset.ts';
import type { ImagePreprocessor } from './image-preprocessor.ts';

export { createImagePreprocessor, type ImagePreprocessor } from './image-preprocessor.ts';

/** Input of a forward pass: `pixelValues` is [examples, channels, height, width], row-major. */
export interface ImageBatch {
  readonly pixelValues: Float32Array;
  readonly labels: Int32Array;
  readonly shape: [number, number, number, number];
}

const defaultCacheBytes = 256 * 1024 * 1024;

/**
 * Reads examples of a split in a model's format. Decoded bytes are cached until `cacheBytes` are used; cached
 * examples then stay and the others are read again each time, which is optimal for shuffled epochs.
 */
export class ImageBatcher {
  readonly split: ImageSplit;
  readonly preprocessor: ImagePreprocessor;
  private readonly kept = new Map<number, Uint8Array>();
  private bytesLeft: number;

  constructor(split: ImageSplit, preprocessor: ImagePreprocessor, cacheBytes = defaultCacheBytes) {
    this.split = split;
    this.preprocessor = preprocessor;
    this.bytesLeft = cacheBytes;
  }

  /**
   * @param alter returns augmented bytes of an example without changing the originals; called in the order of
   * `indices`.
   * @throws StudioError if an example cannot be read.
   */
  async batch(
    indices: ArrayLike<number>,
    alter: (fitted: Uint8Array) => Uint8Array = (fitted) => fitted,
  ): Promise<ImageBatch> {
    const { channels, height, width } = this.preprocessor;
    const exampleLength = channels * height * width;
    const list = Array.from(indices);
    const fitted = await Promise.all(list.map((index) => this.fitted(index)));
    const pixelValues = new Float32Array(list.length * exampleLength);
    for (const [position, bytes] of fitted.entries())
      this.preprocessor.write(alter(bytes), pixelValues, position * exampleLength);
    return {
      pixelValues,
      labels: Int32Array.from(list, (index) => this.split.labels[index] ?? 0),
      shape: [list.length, channels, height, width],
    };
  }

  /** The bytes of one example, in the model's size: height × width × channels. */
  async fitted(index: number): Promise<Uint8Array> {
    const known = this.kept.get(index);
    if (known !== undefined) return known;
    const image =
      this.split.image === undefined
        ? { pixels: await this.split.pixels(index), ...this.preprocessor.source }
        : await this.split.image(index);
    const fitted = this.preprocessor.fit(image);
    if (this.bytesLeft >= fitted.length && !this.kept.has(index)) {
      this.bytesLeft -= fitted.length;
      // A copy: the source may be a view of a far larger buffer.
      this.kept.set(index, Uint8Array.from(fitted));
    }
    return fitted;
  }
}
