import { formatCount, plural } from '../components/format/format.ts';

/** The words of the Data page. */
export const dataStrings = {
  title: 'Data',
  count: (count: number) => plural(count, 'dataset'),
  list: 'Datasets',
  filter: 'Filter datasets…',
  noMatch: 'No matching datasets',
  empty:
    'No datasets yet. Add a text file (CSV, TSV, JSON, JSONL, Parquet), a folder of IDX files, or a folder with one folder of images per class.',
  drop: 'Drop a text file (CSV, TSV, JSON, JSONL, Parquet) or an image folder (by class, or IDX) to add it',
  add: 'Add data',
  addFolder: 'Folder (images by class, or IDX)',
  addFile: 'Text file (CSV, TSV, JSON, JSONL, Parquet)',
  chooseFolder: 'Choose an image folder (by class, or IDX)',
  chooseFile: 'Choose a data file',
  added: 'Dataset added',
  bundled: 'bundled',
  draft: 'draft',
  unsaved: 'unsaved changes',
  import: 'Import',
  dismiss: 'Dismiss',
  tryAgain: 'Try again',
  grayscale: 'grayscale',
  channels: (count: number) => `${count} channels`,
  pixels: (width: number, height: number) => `${width} × ${height} pixels`,
  rows: (rows: number, skipped: number) =>
    skipped === 0 ? plural(rows, 'row') : `${plural(rows, 'row')}, ${formatCount(skipped)} skipped`,
  matchesNothing: (value: string, rows: number, column: string, found: readonly string[]) =>
    `None of the first ${formatCount(rows)} rows has “${value}” in ${column}: nothing would be held out for testing. Found: ${found.join(', ')}.`,
  lengths: (examples: number, median: number, p95: number, longest: number) =>
    `First ${plural(examples, 'training example')}: median ${formatCount(median)} · p95 ${formatCount(p95)} · max ${formatCount(longest)} tokens.`,
  truncates: (maxLength: number, count: number) =>
    `max_length ${formatCount(maxLength)} truncates ${formatCount(count)}.`,
  context: (model: string, tokens: number) => `${model} reads up to ${formatCount(tokens)}.`,
} as const;
