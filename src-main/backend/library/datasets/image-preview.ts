import { basename } from 'node:path';
import type { RequestArgument, RequestOutput } from '../../../../src-shared/contract/requests.ts';
import type { DatasetSource, ExamplePreview } from '../../../../src-shared/domain/data/dataset.ts';
import { decodePreview, imageAt, openImages, thumbnail } from '../../../engine/api/data.ts';

/** Pixels of the longer side of an image to be classified. */
const previewSide = 320;

/** Limit for a preview: thumbnails are far smaller, and a page of large images would take gigabytes. */
const maxPreviewSide = 512;

/** Examples of one split from `offset` on, optionally of one label; or those at `indices`. @throws StudioError refused for texts. */
export async function previewImages(
  source: DatasetSource,
  { split, offset, limit, label, indices: asked }: Omit<RequestArgument<'datasets.preview'>, 'id'>,
): Promise<ExamplePreview[]> {
  const opened = await openImages(source);
  try {
    const examples = opened.split(split);
    const indices = (asked ?? []).filter((index) => index < examples.count);
    let skipped = 0;
    for (let index = 0; asked === undefined && index < examples.count && indices.length < limit; index++) {
      if (label !== null && examples.labels[index] !== label) continue;
      if (skipped < offset) skipped++;
      else indices.push(index);
    }
    const previews: ExamplePreview[] = [];
    for (const index of indices) {
      const image = thumbnail(await imageAt(examples, opened.description, index), maxPreviewSide);
      previews.push({
        index,
        label: examples.labels[index] ?? -1,
        width: image.width,
        height: image.height,
        channels: image.channels,
        pixels: Uint8Array.from(image.pixels),
      });
    }
    return previews;
  } finally {
    opened.close();
  }
}

/** An image that is to be classified, scaled down. @throws StudioError invalid_file naming the file */
export async function previewImage(path: string): Promise<RequestOutput<'classification.image'>> {
  const { header, preview } = await decodePreview(path, previewSide);
  const { width: fullWidth, height: fullHeight } = header;
  return { name: basename(path), fullWidth, fullHeight, ...preview, pixels: Uint8Array.from(preview.pixels) };
}
