import { type AugmentedRows, changed, cropsImages, drawChange, drawCrop } from './augment.ts';
import { type Image, type ImageSplit, imageAt } from './dataset.ts';
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
  /** Images in their own size, of which crops are drawn. */
  private readonly images = new Map<number, Image>();
  private bytesLeft: number;

  constructor(split: ImageSplit, preprocessor: ImagePreprocessor, cacheBytes = defaultCacheBytes) {
    this.split = split;
    this.preprocessor = preprocessor;
    this.bytesLeft = cacheBytes;
  }

  /**
   * @param rows augmentation of the examples; null: none.
   * @throws StudioError if an example cannot be read.
   */
  async batch(indices: ArrayLike<number>, rows: AugmentedRows | null = null): Promise<ImageBatch> {
    const { channels, height, width } = this.preprocessor;
    const exampleLength = channels * height * width;
    const list = Array.from(indices);
    const fitted =
      rows === null ? await Promise.all(list.map((at) => this.fitted(at))) : await this.augmented(list, rows);
    const pixelValues = new Float32Array(list.length * exampleLength);
    for (const [position, bytes] of fitted.entries())
      this.preprocessor.write(bytes, pixelValues, position * exampleLength);
    return {
      pixelValues,
      labels: Int32Array.from(list, (index) => this.split.labels[index] ?? 0),
      shape: [list.length, channels, height, width],
    };
  }

  /** Augmented bytes of examples, in the model's size; the originals stay as they are. */
  private async augmented(list: readonly number[], { augmentation, random }: AugmentedRows): Promise<Uint8Array[]> {
    const { preprocessor } = this;
    const crops = cropsImages(augmentation);
    const sources = crops ? await Promise.all(list.map((index) => this.image(index))) : [];
    const whole = crops ? [] : await Promise.all(list.map((index) => this.fitted(index)));
    return list.map((_, position) => {
      const stream = random(position);
      const source = sources[position];
      const pixels =
        source === undefined
          ? (whole[position] ?? new Uint8Array())
          : preprocessor.fitCrop(source, drawCrop(augmentation, source, stream));
      return changed({ ...preprocessor, pixels }, drawChange(augmentation, preprocessor, stream));
    });
  }

  /** One example in its own size. */
  private async image(index: number): Promise<Image> {
    const known = this.images.get(index);
    if (known !== undefined) return known;
    const image = await imageAt(this.split, { image: this.preprocessor.source }, index);
    if (this.bytesLeft >= image.pixels.length && !this.images.has(index)) {
      this.bytesLeft -= image.pixels.length;
      this.images.set(index, { ...image, pixels: Uint8Array.from(image.pixels) });
    }
    return image;
  }

  /** The bytes of one example, in the model's size: height × width × channels. */
  async fitted(index: number): Promise<Uint8Array> {
    const known = this.kept.get(index);
    if (known !== undefined) return known;
    const fitted = this.preprocessor.fit(await imageAt(this.split, { image: this.preprocessor.source }, index));
    if (this.bytesLeft >= fitted.length && !this.kept.has(index)) {
      this.bytesLeft -= fitted.length;
      // A copy: the source may be a view of a far larger buffer.
      this.kept.set(index, Uint8Array.from(fitted));
    }
    return fitted;
  }
}
