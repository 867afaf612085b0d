import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { type BadFile, fifo, withHole } from './bad-file.ts';

const mebibyte = 2 ** 20;

function written(folder: string, name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

/** A file that is read as a text dataset. */
const text = (
  name: string,
  file: string,
  content: () => string | Uint8Array,
  says: RegExp,
  isHeavy?: true,
): BadFile => ({
  name: `data: ${name}`,
  kind: 'dataset',
  make: (folder) => written(folder, file, content()),
  says,
  ...(isHeavy === undefined ? {} : { isHeavy }),
});

/** A PNG of one color. */
export function png(side: number): Promise<Buffer> {
  const create = { width: side, height: side, channels: 3, background: '#123456' } as const;
  return sharp({ create, limitInputPixels: false }).png().toBuffer();
}

export const slowSvg = `<svg xmlns="http://www.w3.org/2000/svg" width="4000" height="4000"><filter id="f">${'<feGaussianBlur stdDeviation="200"/><feTurbulence numOctaves="9"/>'.repeat(20)}</filter><rect width="4000" height="4000" filter="url(#f)"/></svg>`;

/** Folders of images for two classes, with this file among them. */
async function images(folder: string, name: string, place: (path: string) => void | Promise<void>): Promise<string> {
  const small = await png(16);
  for (const label of ['cat', 'dog']) {
    mkdirSync(join(folder, label));
    for (const number of [1, 2, 3]) writeFileSync(join(folder, label, `${number}.png`), small);
  }
  await place(join(folder, 'cat', name));
  return folder;
}

const imageFolder = (
  name: string,
  file: string,
  place: (path: string) => void | Promise<void>,
  says: RegExp,
  isHeavy?: true,
): BadFile => ({
  name: `images: ${name}`,
  kind: 'dataset',
  make: (folder) => images(folder, file, place),
  says,
  ...(isHeavy === undefined ? {} : { isHeavy }),
});

interface Idx {
  readonly labels: readonly number[];
  readonly names?: string;
  /** Instead of the file of the images. */
  readonly images?: Uint8Array;
}

function idx(folder: string, { labels, names, images: given }: Idx): string {
  const header = (...numbers: number[]) => {
    const bytes = Buffer.alloc(numbers.length * 4);
    for (const [at, number] of numbers.entries()) bytes.writeUInt32BE(number, 4 * at);
    return bytes;
  };
  const pixels = Buffer.concat([header(0x803, labels.length, 8, 8), Buffer.alloc(labels.length * 64)]);
  writeFileSync(join(folder, 'train-images-idx3-ubyte'), given ?? pixels);
  writeFileSync(
    join(folder, 'train-labels-idx1-ubyte'),
    Buffer.concat([header(0x801, labels.length), Buffer.from(labels)]),
  );
  if (names !== undefined) writeFileSync(join(folder, 'labels.txt'), names);
  return folder;
}

const idxFolder = (name: string, parts: () => Idx, says: RegExp, isHeavy?: true): BadFile => ({
  name: `IDX: ${name}`,
  kind: 'dataset',
  make: (folder) => idx(folder, parts()),
  says,
  ...(isHeavy === undefined ? {} : { isHeavy }),
});

const twenty = (label: (at: number) => number) => Array.from({ length: 20 }, (_, at) => label(at));

export const badDatasets: readonly BadFile[] = [
  imageFolder('a FIFO among them', 'x.png', (path) => void fifo(path), /^accepted/),
  imageFolder('a link to /dev/zero', 'x.png', (path) => symlinkSync('/dev/zero', path), /^accepted/),
  imageFolder('an SVG that is called PNG', 'x.png', (path) => writeFileSync(path, slowSvg), /^accepted/),
  imageFolder(
    'three PNGs of 7900 × 7900',
    'x.png',
    async (path) => {
      const large = await png(7900);
      for (const name of ['x', 'y', 'z']) writeFileSync(path.replace('x.png', `${name}.png`), large);
    },
    /^accepted/,
    true,
  ),
  imageFolder(
    'a PNG of 16000 × 16000',
    'x.png',
    async (path) => writeFileSync(path, await png(16_000)),
    /^accepted/,
    true,
  ),
  imageFolder(
    'a PNG that is cut off',
    'x.png',
    async (path) => writeFileSync(path, (await png(64)).subarray(0, 60)),
    /^accepted/,
  ),
  idxFolder('the label 255', () => ({ labels: twenty((at) => (at === 9 ? 255 : at % 2)) }), /accepted|255/),
  idxFolder(
    'the label 255 of two names',
    () => ({ labels: twenty((at) => (at === 9 ? 255 : at % 2)), names: 'a\nb' }),
    /label 255/,
  ),
  idxFolder('one class only', () => ({ labels: twenty(() => 0) }), /./),
  idxFolder(
    'eight million names of classes',
    () => ({ labels: twenty((at) => at % 2), names: 'a\n'.repeat(7.9 * mebibyte) }),
    /names, but labels of IDX files are 0 to 255/,
    true,
  ),
  idxFolder(
    'a name of 15 MB',
    () => ({ labels: twenty((at) => at % 2), names: `${'a'.repeat(15 * mebibyte)}\nb` }),
    /at most 1000 are read/,
    true,
  ),
  idxFolder(
    'names of 17 MB',
    () => ({ labels: twenty((at) => at % 2), names: 'a\n'.repeat(8.5 * mebibyte) }),
    /at most 16 MiB/,
  ),
  idxFolder(
    'sizes whose product is 2⁹⁶',
    () => ({ labels: twenty((at) => at % 2), images: Buffer.from('00000803ffffffffffffffffffffffff', 'hex') }),
    /train-images/,
  ),
  idxFolder(
    'gzip of 1 GB of zeros',
    () => ({ labels: twenty((at) => at % 2), images: gzipSync(Buffer.alloc(2 ** 30), { level: 1 }) }),
    /train-images/,
    true,
  ),
  idxFolder(
    'cut off',
    () => ({ labels: twenty((at) => at % 2), images: Buffer.from('00000803000000', 'hex') }),
    /train-images/,
  ),
  text('a cell of 64 MB', 'x.csv', () => `text,label\n"${'a '.repeat(32 * mebibyte)}",1\nb,2\n`, /./, true),
  text(
    'a quote that is never closed, 50 MB',
    'x.csv',
    () => `text,label\na,1\n"${'b,2\n'.repeat(12 * mebibyte)}`,
    /./,
    true,
  ),
  text(
    'a million columns',
    'x.csv',
    () => `${Array.from({ length: 1e6 }, (_, at) => `c${at}`).join()}\n1\n`,
    /./,
    true,
  ),
  text(
    'labels of a megabyte',
    'x.csv',
    () =>
      `text,label\n${Array.from({ length: 30 }, (_, at) => `t${at},${'ab'[at % 2]}${'x'.repeat(mebibyte)}\n`).join('')}`,
    /./,
  ),
  text(
    '200 000 labels',
    'x.csv',
    () => `text,label\n${Array.from({ length: 200_000 }, (_, at) => `text ${at},label ${at}\n`).join('')}`,
    /./,
    true,
  ),
  text('terminal escapes', 'x.tsv', () => 'text\tlabel\n\u001b]0;X\u0007a\t\u001b[2J1\nb\t2\n', /^accepted/),
  text(
    'a list that is never closed, 20 MB',
    'x.json',
    () => `[${'{"text":"a","label":"b"},'.repeat(0.8 * mebibyte)}`,
    /./,
    true,
  ),
  text('20 MB of brackets', 'x.json', () => '['.repeat(20 * mebibyte), /./, true),
  text('brackets in lines', 'x.jsonl', () => `${'['.repeat(100_000)}\n`.repeat(50), /./),
  text('a number of 10 MB', 'x.jsonl', () => `{"text":"a","label":${'9'.repeat(10 * mebibyte)}}\n`, /./),
  text(
    'Parquet: a footer of 2³¹ bytes',
    'x.parquet',
    () => Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(64), Buffer.from('ffffff7f50415231', 'hex')]),
    /x\.parquet/,
  ),
  text('Parquet: cut off', 'x.parquet', () => Buffer.from('PAR1PAR1'), /x\.parquet/),
  {
    name: 'data: a CSV that is a FIFO',
    kind: 'dataset',
    make: (folder) => fifo(join(folder, 'x.csv')),
    says: /x\.csv/,
  },
  {
    name: 'data: a CSV of 300 MB, a hole',
    kind: 'dataset',
    make: (folder) => withHole(join(folder, 'x.csv'), 300 * mebibyte, 'text,label\na,1\n'),
    says: /./,
    isHeavy: true,
  },
  {
    name: 'image: a FIFO',
    kind: 'image',
    make: (folder) => fifo(join(folder, 'x.png')),
    says: /x\.png is not a regular file/,
  },
  {
    name: 'image: an SVG',
    kind: 'image',
    make: (folder) => written(folder, 'x.png', slowSvg),
    says: /not a readable image/,
  },
  {
    name: 'image: a PNG of 16000 × 16000',
    kind: 'image',
    make: async (folder) => written(folder, 'x.png', await png(16_000)),
    says: /at most 64 million are read/,
    isHeavy: true,
  },
  {
    name: 'image: a PNG of 7900 × 7900',
    kind: 'image',
    make: async (folder) => written(folder, 'x.png', await png(7900)),
    says: /^accepted$/,
    isHeavy: true,
  },
  {
    name: 'image: a GIF that states 65535 × 65535',
    kind: 'image',
    make: (folder) =>
      written(
        folder,
        'x.gif',
        Buffer.from('474946383961ffffffff80000000000000000021f90400000000002c00000000ffffffff0002024401003b', 'hex'),
      ),
    says: /x\.gif/,
  },
];
