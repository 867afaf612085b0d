import { plural } from '../../src-shared/format/numbers.ts';

/** Words of the comparison of runs. */
export const compareStrings = {
  title: 'Compare runs',
  back: 'All runs',
  state: (runs: number, groups: number) => `${plural(runs, 'run')} in ${plural(groups, 'group')}`,
  none: 'These runs no longer exist.',
  tooFew: 'Select two or more runs to compare them.',
  gone: (count: number) => `${plural(count, 'run')} of this comparison no longer ${count === 1 ? 'exists' : 'exist'}.`,
  full: 'Open the comparison',
  legend: 'Groups',
  seeds: (count: number) => plural(count, 'seed'),

  results: 'Results',
  resultsNote: 'mean ± 95 % interval (Student’s t) over seeds',
  group: 'Group',
  seedsColumn: 'Seeds',
  difference: 'Δ',
  differenceHelp: (pairs: number, name: string) =>
    `Paired by seed: ${plural(pairs, 'pair')} with ${name}. Mean ± 95 % interval (Student’s t); accuracies in points.`,
  differenceNote: 'paired by seed',
  reference: 'Compared with',
  ownBaseline: 'Δ to own baseline without CoTo',
  against: (group: string) => `Δ to ${group}`,
  isReference: 'reference',
  noPair: 'no common seed',
  evalLoss: 'Eval loss',
  stepTime: 'Step ms',
  active: 'Active layers %',
  expand: (name: string) => `Show the runs of ${name}`,
  collapse: (name: string) => `Hide the runs of ${name}`,

  curves: 'Curves',
  notShared: (names: string) => `Not recorded by all of these runs: ${names}.`,
  unsmoothed: 'Evaluations are never smoothed.',
  once: (names: string) => `Evaluated only once, so in the results above and not drawn: ${names}.`,
  sampled: (drawn: number, all: number) =>
    `Curves of ${drawn} of ${plural(all, 'run')}, taken evenly from the groups. The results above are of all runs.`,
  noCurves: 'None of these runs has recorded anything yet.',

  differences: 'Config differences',
  identical: 'Identical configs',
  setting: 'Setting',
} as const;
