import { stat } from 'node:fs/promises';
import { StudioError } from '../../../../src-shared/contract/errors.ts';
import type { DatasetDescription } from '../../../../src-shared/domain/data/dataset.ts';
import type { Image, ImageSplit, OpenImages } from '../dataset.ts';
import { decodeImage, type ImageHeader, type ImageSource, readImageHeader } from '../image-file.ts';
import { resample } from '../resample.ts';
import { countPerLabel, oneFifth, roundRobin, splitByClass } from '../subset.ts';

/** Total size up to which every image is decoded on opening; beyond it, only headers are read. */
const verifiedBytes = 256 * 1024 * 1024;
const inParallel = 16;

export interface LabelledImage {
  readonly image: ImageSource;
  readonly label: number;
}

export type Problem = DatasetDescription['problems'][number];

const whereOf = ({ image }: LabelledImage): string => (typeof image === 'string' ? image : image.where);

const collator = new Intl.Collator('en', { numeric: true });

/** "img2" before "img10"; upper and lower case together, then by code so that the order is the same everywhere. */
export function compareNaturally(a: string, b: string): number {
  const collated = collator.compare(a, b);
  return collated !== 0 ? collated : a < b ? -1 : a > b ? 1 : 0;
}

/** A fifth of each class for testing, by a fixed seed. */
export function holdOutFifth(
  entries: readonly ImageEntry[],
  labelCount: number,
): Record<'train' | 'test', ImageEntry[]> {
  const rows = splitByClass(groupByLabel(entries, labelCount), oneFifth);
  const at = (row: number) => entries[row] ?? [];
  return { train: rows.train.flatMap(at), test: rows.test.flatMap(at) };
}

interface Entries {
  readonly labels: string[];
  readonly train: readonly ImageEntry[];
  readonly test: readonly ImageEntry[];
  readonly problems: Problem[];
  placeOfClass(label: string): string;
}

/** Images whose headers were read, as a dataset. */
export function openEntries({ labels, train, test, problems, placeOfClass }: Entries): OpenImages {
  for (const [label, count] of countPerLabel(
    train.map((entry) => entry.label),
    labels.length,
  ).entries())
    if (count === 0)
      problems.push({ where: placeOfClass(labels[label] ?? ''), message: 'This class has no training image.' });

  const everything = [...train, ...test];
  const channels = everything.every((entry) => entry.header.grey) ? 1 : 3;
  const image = { ...commonSize(everything.map((entry) => entry.header)), channels };
  const oneSize = everything.every(({ header }) => header.height === image.height && header.width === image.width);
  const splits = {
    train: splitOf(train, image, channels, oneSize),
    test: splitOf(test, image, channels, oneSize),
  };
  return {
    kind: 'images',
    description: {
      task: 'image-classification',
      text: null,
      labels,
      image,
      splits: [
        { name: 'train', exampleCount: train.length, perLabel: countPerLabel(splits.train.labels, labels.length) },
        { name: 'test', exampleCount: test.length, perLabel: countPerLabel(splits.test.labels, labels.length) },
      ],
      problems,
      sizeBytes: everything.reduce((sum, entry) => sum + entry.bytes, 0),
    },
    split: (name) => splits[name],
    close: () => undefined,
  };
}

export type ImageEntry = LabelledImage & { readonly header: ImageHeader; readonly bytes: number };

/** Headers of all readable files; the others are reported as problems. */
export async function readHeaders(files: readonly LabelledImage[], problems: Problem[]): Promise<ImageEntry[]> {
  const sizes = await Promise.all(
    files.map(async ({ image }) =>
      typeof image === 'string' ? ((await stat(image).catch(() => null))?.size ?? 0) : image.bytes.length,
    ),
  );
  const verify = sizes.reduce((sum, size) => sum + size, 0) <= verifiedBytes;
  const entries: ImageEntry[] = [];
  for (let start = 0; start < files.length; start += inParallel) {
    const read = await Promise.all(
      files.slice(start, start + inParallel).map(async (file, offset) => {
        try {
          const header = await readImageHeader(file.image);
          if (verify) await decodeImage(file.image, header.grey ? 1 : 3);
          return { ...file, header, bytes: sizes[start + offset] ?? 0 };
        } catch (thrown) {
          if (!(thrown instanceof StudioError)) throw thrown;
          problems.push({ where: whereOf(file), message: `${thrown.message} Left out.` });
          return null;
        }
      }),
    );
    entries.push(...read.filter((entry) => entry !== null));
  }
  return entries;
}

function groupByLabel(entries: readonly ImageEntry[], labelCount: number): number[][] {
  const groups: number[][] = Array.from({ length: labelCount }, () => []);
  for (const [index, entry] of entries.entries()) groups[entry.label]?.push(index);
  return groups;
}

export function roundRobinByLabel(entries: readonly ImageEntry[], labelCount: number): ImageEntry[] {
  return roundRobin(groupByLabel(entries, labelCount)).flatMap((index) => entries[index] ?? []);
}

/** The most frequent size; among equally frequent ones the largest. */
function commonSize(headers: readonly ImageHeader[]): { height: number; width: number } {
  const counts = new Map<string, { height: number; width: number; count: number }>();
  for (const { height, width } of headers) {
    const key = `${height}×${width}`;
    const size = counts.get(key) ?? { height, width, count: 0 };
    size.count++;
    counts.set(key, size);
  }
  const [first] = [...counts.values()].sort((a, b) => b.count - a.count || b.height * b.width - a.height * a.width);
  return { height: first?.height ?? 1, width: first?.width ?? 1 };
}

function splitOf(
  entries: readonly ImageEntry[],
  size: { height: number; width: number },
  channels: 1 | 3,
  oneSize: boolean,
): ImageSplit {
  const image = (index: number): Promise<Image> => {
    const entry = entries[index];
    if (entry === undefined)
      throw new StudioError('not_found', `There is no image ${index} here: there are ${entries.length}.`);
    return decodeImage(entry.image, channels);
  };
  return {
    count: entries.length,
    labels: Int32Array.from(entries, (entry) => entry.label),
    pixels: async (index) => resample(await image(index), size.height, size.width, 'bilinear').pixels,
    ...(oneSize ? {} : { image }),
    where: (index) => {
      const entry = entries[index];
      return entry === undefined ? `image ${index}` : whereOf(entry);
    },
  };
}
