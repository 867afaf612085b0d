import { plural } from '../components/format/format.ts';
/** The words of the Prune page. */
export const pruneStrings = {
  title: 'Prune',
  state: (adapters: number, studies: number) =>
    `${plural(adapters, 'adapter')}, ${plural(studies, 'pruning study', 'pruning studies')}`,
  train: 'Train an adapter',
  empty: 'See how much of an adapter you can prune before accuracy drops. There is no adapter yet.',
  hint: 'Select adapters on the left, several seeds with and without CoTo if you have them, and run a pruning study. Its figures appear here; click a point to save that adapter.',
  shown: 'Pruning study shown',
  openStudy: 'Open the study',

  adapters: 'Adapters',
  adaptersLabel: 'Adapters to prune',
  filterLabel: 'Filter the adapters to prune',
  filter: 'Filter adapters…',
  filters: 'Show only',
  fits: 'Fits the selection',
  noMatch: 'No matching adapters',
  selected: (count: number) => (count === 0 ? 'seeds of one base' : `${count} selected`),
  clear: 'Clear',
  evaluation: 'Evaluation',
  dataset: 'Dataset',
  trainingDataset: 'Training dataset',
  grid: (label: string) => `${label} grid`,
  gridHelp: (help: string, example: string) => `${help} Separate several values with commas: ${example}`,
  run: 'Run pruning study',
  queued: 'Pruning study queued',

  problems: {
    adapter: 'Choose at least one adapter.',
    foreign: 'A study scores adapters on their base, which has to be in the studio.',
    bases: 'These adapters have different base models: a study takes one base.',
    dataset: 'Choose the dataset to evaluate on.',
  },
  evaluations: (count: number) => plural(count, 'evaluation'),
} as const;
