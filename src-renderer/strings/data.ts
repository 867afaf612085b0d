import { anyLength } from '../../src-shared/domain/models/model.ts';
import { formatCount, plural } from '../components/format/format.ts';

/** The words of the Data page. */
export const dataStrings = {
  example: (label: string, index: number) => `${label}, example ${index}`,
  /** Learning targets of a dataset, in a word. */
  content: {
    classes: (count: number) => plural(count, 'class', 'classes'),
    tags: (count: number) => plural(count, 'tag'),
    preferences: 'preferences',
    questions: 'questions',
    conversations: 'conversations',
    prompts: 'prompts',
    pairs: 'pairs',
    numbers: 'numbers',
    unlabeled: 'unlabeled',
    /** "1,000 train" */
    split: (count: number, split: string) => `${formatCount(count)} ${split}`,
  },
  title: 'Data',
  count: (count: number) => plural(count, 'dataset'),
  list: 'Datasets',
  filter: 'Filter datasets…',
  noMatch: 'No matching datasets',
  empty:
    'No datasets yet. Add a text file (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL), a folder that save_to_disk of Hugging Face’s datasets wrote, a folder of IDX files, or a folder with one folder of images per class.',
  drop: 'Drop a text file (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL) or a folder (save_to_disk, images by class, or IDX) to add it',
  add: 'Add data',
  addFolder: 'Folder (save_to_disk, images by class, or IDX)',
  addFile: 'Text file (CSV, TSV, JSON, JSONL, Excel, Parquet, Arrow, CoNLL)',
  chooseFolder: 'Choose a folder (save_to_disk, images by class, or IDX)',
  chooseFile: 'Choose a data file',
  added: 'Dataset added',
  bundled: 'bundled',
  draft: 'draft',
  unsaved: 'unsaved changes',
  import: 'Import',
  unanswerable: 'no answer',
  dismiss: 'Dismiss',
  tryAgain: 'Try again',
  grayscale: 'grayscale',
  channels: (count: number) => `${count} channels`,
  pixels: (width: number, height: number) => `${width} × ${height} pixels`,
  rows: (rows: number, skipped: number) =>
    skipped === 0 ? plural(rows, 'row') : `${plural(rows, 'row')}, ${formatCount(skipped)} skipped`,
  matchesNothing: (value: string, rows: number, column: string, found: readonly string[]) =>
    `None of the first ${formatCount(rows)} rows has “${value}” in ${column}: nothing would be held out for testing. Found: ${found.join(', ')}.`,
  tooManyFaults: (faulty: number, rows: number) =>
    `${formatCount(faulty)} of the first ${plural(rows, 'row')} are faulty. Fix the rows under Problems, or turn on “Leave out faulty rows”.`,
  lengths: (examples: number, median: number, p95: number, longest: number) =>
    `First ${plural(examples, 'training example')}: median ${formatCount(median)} · p95 ${formatCount(p95)} · max ${formatCount(longest)} tokens.`,
  accounting: {
    title: 'Use of columns and rows',
    firstRows: (rows: number) => `of the first ${plural(rows, 'row')}; all are read when the dataset is added`,
    what: 'What',
    is: 'Is',
    detail: 'For or because',
    questions: 'Content without a role',
    questionsNote: 'choose the role of each column, or that it is not used',
    choose: 'Choose…',
    notUsed: 'Not used',
    mergeLabels: 'Merge labels',
    unanswered: (column: string) => `Choose the role of the column “${column}”, or that it is not used.`,
  },
  problems: 'Problems',
  problemsNote: (isTooMany: boolean) =>
    `${isTooMany ? 'too many rows to skip without asking' : 'these rows are skipped'}; preview only, the remaining rows are checked on import`,
  byRow: (title: string) => `${title} by row`,
  repairs: {
    repair: (rows: number) => `Repair ${plural(rows, 'row')}`,
    offered: 'What a repair would change',
    repaired: 'Changed by steps',
    inFirstRows: 'in the first rows; all rows are read when the dataset is added',
  },
  truncates: (maxLength: number, count: number) =>
    `max_length ${formatCount(maxLength)} truncates ${formatCount(count)}.`,
  inWindows: (rows: number, limit: number) =>
    `${plural(rows, 'text')} longer than ${formatCount(limit)} tokens (max_seq_length) ${rows === 1 ? 'is' : 'are'} read in windows.`,
  context: (model: string, tokens: number) =>
    tokens >= anyLength ? `${model} reads texts of any length.` : `${model} reads up to ${formatCount(tokens)}.`,
  conversation: {
    title: 'Conversation',
    excluded: (role: string) => `${role} (not in the loss)`,
    verdicts: { chosen: 'Chosen', rejected: 'Rejected', wanted: 'Wanted', unwanted: 'Unwanted' },
  },
  tokens: {
    inTemplate: (model: string) => `Text, in the chat template of ${model}`,
    plain: 'Text, plain',
    written: 'Text as the model reads it',
    list: 'Tokens',
    count: (tokens: number, counted: number | null) =>
      counted === null ? plural(tokens, 'token') : `${plural(tokens, 'token')}, ${formatCount(counted)} in the loss`,
    first: (shown: number) => `The first ${formatCount(shown)} tokens are shown.`,
    loss: {
      completion: 'Highlighted tokens contribute to the loss.',
      text: 'Every token contributes to the loss.',
      label: 'The model reads these tokens and predicts the label.',
      tags: 'Highlighted tokens, the first of each word, are given the tag of the word.',
      answer: 'Highlighted tokens are the answer: the model learns where it begins and ends.',
      nothing: 'The model only reads these tokens: there is no label to learn.',
    },
  },
  duplicates: {
    title: 'Duplicates',
    none: 'No duplicates or leakage found',
    words: {
      withinTrain: 'Duplicates in train',
      withinTest: 'Duplicates in test',
      across: 'Train/test leakage',
      nearAcross: 'Near-duplicates across train and test',
    },
    textMeaning: {
      withinTrain: 'Over-weighted in training. Harmless if few; otherwise keep one of each.',
      withinTest: 'Counted more than once in every score. Keep one of each.',
      across: 'Inflates the test score. Remove them from one of the two.',
      nearAcross:
        'The same text but for a few words, which also inflates the test score. Remove them from one of the two.',
    },
    imageMeaning: {
      withinTrain: 'The same pixels: over-weighted in training. Harmless if few; otherwise keep one of each.',
      withinTest: 'The same pixels: counted more than once in every score. Keep one of each.',
      across: 'The same pixels in both: inflates the test score. Remove them from one of the two.',
      nearAcross:
        'They look alike, as scaled or recompressed copies do, which also inflates the test score. Remove them from one of the two.',
    },
    wayOut: (ofFolder: boolean) =>
      ofFolder
        ? 'Remove the files that Problems names from one of the splits, then compare again.'
        : 'Remove the images from one of the splits, then compare again.',
    compared: (images: number, near: number) =>
      near < images
        ? `${plural(images, 'image')} compared by their pixels, ${formatCount(near)} by their looks`
        : `${plural(images, 'image')} compared`,
    removeFromTrain: 'Remove from train',
    texts: 'Rows in both splits',
    text: (kind: 'exact' | 'near', train: string | null, test: string | null) => {
      const both = [train === null ? 'train' : `train ${train}`, test === null ? 'test' : `test ${test}`];
      return `${kind === 'exact' ? 'Same text' : 'Nearly the same'}: ${both.join(', ')}`;
    },
    reimported: 'Dataset re-imported',
    notCompared: 'The images were not compared with each other yet.',
    compare: 'Find duplicates',
    again: 'Compare again',
    notFound: 'The images were not compared',
    pairs: 'Examples of duplicates',
    pair: (kind: 'exact' | 'near', one: string, other: string) =>
      `${kind === 'exact' ? 'Same pixels' : 'Alike'}: ${one}, ${other}`,
    place: (split: string, index: number) => `${split} ${formatCount(index + 1)}`,
  },
  imageQuestion: { label: 'Label column', add: 'Add' },
  /** The rows of a file, before it is added, as a model reads them. */
  template: {
    title: 'As the model reads them',
    model: 'Base model of the preview',
    noModel: 'Add a base model that reads text to see the rows as it reads them.',
    noRows: 'None of the first rows can be read.',
    previous: 'Previous row',
    next: 'Next row',
    row: (place: number, total: number, where: string) => `${formatCount(place)} of ${formatCount(total)}: ${where}`,
    lengths: (rows: number, median: number, longest: number) =>
      `The first ${plural(rows, 'row')}: median ${formatCount(median)} · max ${formatCount(longest)} tokens.`,
    truncated: (rows: number, limit: number) =>
      rows === 0 ? '' : `${plural(rows, 'row')} would be truncated to ${formatCount(limit)} tokens (max_length).`,
  },
  removeQuestion: (name: string) => `Remove the dataset “${name}”?`,
} as const;
