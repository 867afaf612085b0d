import { arrowHead, arrowRows } from '../arrow/arrow-file.ts';
import { savedFiles } from '../arrow/saved-folder.ts';
import { classNames } from '../parquet/class-names.ts';
import { textReader } from '../text/text-reader.ts';
import { imageTableReader } from './image-table.ts';

const files = { extensions: ['arrow', 'feather', 'ipc'], folder: savedFiles };

export const arrowReader = textReader(
  {
    id: 'arrow',
    label: 'Arrow',
    summary:
      'A table as Arrow writes it, as a file or a stream: what save_to_disk of Hugging Face’s datasets wrote, a folder of its cache, or one file. A row is known by its place in the file, from 1.',
  },
  { ...files, rows: arrowRows },
);

export const arrowImagesReader = imageTableReader(
  {
    id: 'arrow-images',
    label: 'Arrow with images',
    summary:
      'Images with a class each, as save_to_disk of Hugging Face’s datasets wrote them, or from its cache. Of one split a fifth of each class is held out.',
  },
  {
    ...files,
    rows: (path) => arrowRows(path),
    hasImages: async (path) =>
      (await arrowHead(path)).types.some(({ children }) => {
        const names = (children ?? []).map(({ name }) => name);
        return names.length === 2 && names.includes('bytes') && names.includes('path');
      }),
    classNames: async (path) => classNames((await arrowHead(path)).huggingFace),
  },
);
