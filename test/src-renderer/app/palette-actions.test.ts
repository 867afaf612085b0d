import { expect, test } from 'vitest';
import { type ActionGroup, searchActions } from '../../../src-renderer/app/palette-actions.ts';

const action = (label: string, keywords: string[] = [], about = '') => ({
  id: label,
  label,
  keywords,
  about,
  scope: 'window' as const,
  run: () => undefined,
});
const groups: readonly ActionGroup[] = [
  {
    group: 'Actions',
    actions: [action('Add text data…', ['import dataset']), action('Pause fmnist seed 1', ['queue'])],
  },
  { group: 'Pages', actions: [action('Home', ['queue', 'jobs']), action('Data', ['dataset']), action('Merge')] },
  { group: 'Runs', actions: Array.from({ length: 60 }, (_, index) => action(`fmnist coto ${index}`, [], 'completed')) },
];
const found = (query: string) => searchActions(groups, query).map(({ group, actions }) => [group, actions.length]);

test('every word must be found, in the name, what it is about, the keywords or the group', () => {
  expect(found('pause fmnist')).toEqual([['Actions', 1]]);
  expect(found('queue')).toEqual([
    ['Actions', 1],
    ['Pages', 1],
  ]);
  expect(found('runs completed 59')).toEqual([['Runs', 1]]);
  expect(found('nothing of it')).toEqual([]);
});

test('documentation comes after records, however well it matches', () => {
  const guide: ActionGroup = { group: 'Guide', last: true, actions: [action('fmnist')] };
  expect(searchActions([guide, ...groups.slice(0, 1)], 'fmnist').map(({ group }) => group)).toEqual([
    'Actions',
    'Guide',
  ]);
});

test('however many runs bear the word, each other group shows what it has', () => {
  const guide: ActionGroup = { group: 'Guide', last: true, actions: [action('FMNIST, the dataset')] };
  const shown = searchActions([...groups, guide], 'fmnist');
  expect(shown.map(({ group, actions }) => [group, actions.length])).toEqual([
    ['Runs · 6 of 60', 6],
    ['Actions', 1],
    ['Guide', 1],
  ]);
});

test('a name that begins with the words comes first, and few of many are shown', () => {
  expect(searchActions(groups, 'data')[0]?.group).toBe('Pages');
  expect(searchActions(groups, 'dataset').map(({ group }) => group)).toEqual(['Actions', 'Pages']);
  expect(found('runs fmnist')).toEqual([['Runs · 40 of 60', 40]]);
  expect(found('fmnist')).toEqual([
    ['Runs · 6 of 60', 6],
    ['Actions', 1],
  ]);
  expect(found('')).toEqual([
    ['Actions', 2],
    ['Pages', 3],
    ['Runs', 12],
  ]);
});
