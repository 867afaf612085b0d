/** Datasets: readers, splits, images and duplicates. */
export { cachedFile } from '../data/arrow/saved-folder.ts';
export { bundledDatasets } from '../data/bundled.ts';
export { unreadable } from '../data/byte-source.ts';
export { imageAt, type OpenImages, type ReadWatch } from '../data/dataset.ts';
export { datasetFiles, testFileOf } from '../data/dataset-files.ts';
export { checkEvaluationSplit, heldPerClass } from '../data/held-out.ts';
export { compareImages } from '../data/image-duplicates.ts';
export { decodePreview } from '../data/image-file.ts';
export {
  inspectDataset,
  inspectDatasetExample,
  inspectDatasetRows,
  openDataset,
  openImages,
} from '../data/open-dataset.ts';
export { preprocessorFile } from '../data/preprocessor-config.ts';
export { datasetReaders, detectReader } from '../data/readers/index.ts';
export { thumbnail } from '../data/thumbnail.ts';
